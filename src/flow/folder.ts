/**
 * Flows on disk. A draft is a file that an administrator edits; publishing writes a numbered copy that nobody changes any more; retiring
 * marks one, so that no new session takes it.
 *
 *   flows/card-payment.yaml                 draft
 *   flows/published/card-payment/1.yaml     version 1
 *   flows/published/card-payment/1.retired  its mark
 *
 * What comes with Sotto is in a folder of its own that is only read; the versions of both count as one series. Everything is read when it is
 * asked for, so that what one process publishes the next session of another takes.
 */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault, fault } from '../base/fault.ts'
import { clipsIn } from './clip-files.ts'
import { clipProblems } from './clips.ts'
import type { FlowDefaults } from './compile.ts'
import { type FlowProblem, readFlow } from './read.ts'
import type { Flow } from './terms.ts'
import { writeDraft, writeMark, writeVersion } from './version-files.ts'

export type FlowVersion = {
  readonly version: number
  readonly state: 'published' | 'retired'
  /** Where it is kept: in the folder, or in the store of the directory. */
  readonly from: 'folder' | 'store'
  /** SHA-256 of its text, hex. */
  readonly sha256: string
}

export type FlowEntry = {
  readonly id: string
  /** Of the newest version, or of the draft. */
  readonly title: string
  readonly draft: 'none' | 'published' | 'changed'
  /** Newest first. */
  readonly versions: readonly FlowVersion[]
}

/** A version that sessions may take, or why there is none. */
export type FoundFlow =
  | { readonly result: 'found'; readonly flow: Flow; readonly version: number }
  | { readonly result: 'unknown-flow' | 'no-flow-version' | 'flow-not-usable' }

export type Published =
  | { readonly result: 'published' | 'unchanged'; readonly version: number }
  | { readonly result: 'not-valid'; readonly problems: readonly FlowProblem[] }

export type FlowFolder = {
  list(): readonly FlowEntry[]
  entry(id: string): FlowEntry | undefined
  /** @returns the text of a draft, or of a version. */
  text(id: string, version?: number): string | undefined
  /** The newest version that is not retired, or the one that is named. */
  find(id: string, version?: number): FoundFlow
  /** @returns what is wrong with a text that is to be published, under an id when there is one. */
  check(text: string, id?: string): readonly FlowProblem[]
  /** Publishes the draft, or another text. @throws Fault `flow.not-found`, `flow.cannot-write` */
  publish(id: string, text?: string): Published
  /** @throws Fault `flow.not-found`, `flow.cannot-write` */
  retire(id: string, version: number): void
  /** Writes a draft that is not there yet. @returns its path. @throws Fault `flow.exists`, `flow.cannot-write` */
  create(id: string, text: string): string
}

/** A version that is not in a folder. */
export type ShelvedVersion = {
  readonly id: string
  readonly version: number
  readonly text: string
  readonly retired: boolean
}

export type FlowFolderOptions = {
  /** The administrator's, `secureInput.flowsFolder`. */
  readonly folder: string
  /** What comes with Sotto; may be the same. */
  readonly shippedFolder?: string
  /** Versions that were published elsewhere, as they are now; those of the folder go before. None when absent. */
  readonly shelf?: () => readonly ShelvedVersion[]
  /** What is wrong with a flow beyond its text, such as clips that no language has. */
  readonly check?: (flow: Flow) => readonly FlowProblem[]
}

/**
 * The folder of a configuration, with what comes with Sotto behind it; what is published there must have its clips.
 * @param settings as they are set just now; the folders stay those of the first time. @param appFolder that of the program.
 */
export function flowFolderOf(
  settings: () => FlowDefaults & { readonly flowsFolder: string; readonly promptsFolder: string },
  appFolder: string,
  shelf: () => readonly ShelvedVersion[] = () => [],
): FlowFolder {
  const { flowsFolder, promptsFolder } = settings()
  const clips = clipsIn(promptsFolder)
  return openFlowFolder({
    folder: flowsFolder,
    shippedFolder: join(appFolder, 'flows'),
    shelf,
    check: (flow) => clipProblems(flow, settings(), clips),
  })
}

const ID = /^[a-z][a-z0-9-]{0,63}$/
const DRAFT_ENDINGS = ['.yaml', '.yml', '.json']
const VERSION_FILE = /^([1-9]\d{0,5})\.yaml$/
const PUBLISHED = 'published'

export function openFlowFolder(options: FlowFolderOptions): FlowFolder {
  const { folder, shippedFolder = folder, shelf = () => [] } = options
  const folders = shippedFolder === folder ? [folder] : [folder, shippedFolder]
  /** Versions never change, so that each is read once. */
  const readings = new Map<string, Flow | 'not-usable'>()

  const draftOf = (id: string): string | undefined => {
    for (const each of folders) {
      for (const ending of DRAFT_ENDINGS) {
        const text = readText(join(each, `${id}${ending}`))
        if (text !== undefined) return text
      }
    }
    return undefined
  }
  const numbersOf = (id: string): readonly number[] => {
    const names = folders.flatMap((each) => namesIn(join(each, PUBLISHED, id)))
    const shelved = shelf().flatMap((each) => (each.id === id ? each.version : []))
    const numbers = [...names.flatMap((name) => VERSION_FILE.exec(name)?.[1] ?? []).map(Number), ...shelved]
    return [...new Set(numbers)].sort((one, other) => other - one)
  }
  const shelved = (id: string, version: number) => shelf().find((each) => each.id === id && each.version === version)
  const isRetired = (id: string, version: number): boolean =>
    folders.some((each) => namesIn(join(each, PUBLISHED, id)).includes(`${version}.retired`)) ||
    (folderText(id, version) === undefined && shelved(id, version)?.retired === true)
  const folderText = (id: string, version: number): string | undefined => {
    for (const each of folders) {
      const text = readText(join(each, PUBLISHED, id, `${version}.yaml`))
      if (text !== undefined) return text
    }
    return undefined
  }
  const versionText = (id: string, version: number) => folderText(id, version) ?? shelved(id, version)?.text
  const flowOf = (id: string, version: number): Flow | 'not-usable' => {
    const key = `${id}@${version}`
    const known = readings.get(key)
    if (known !== undefined) return known
    const reading = readFlow(versionText(id, version) ?? '')
    const flow = 'flow' in reading && reading.flow.id === id ? reading.flow : 'not-usable'
    readings.set(key, flow)
    return flow
  }
  const entryOf = (id: string): FlowEntry | undefined => {
    const draft = draftOf(id)
    const versions = numbersOf(id).map(
      (version): FlowVersion => ({
        version,
        state: isRetired(id, version) ? 'retired' : 'published',
        from: folderText(id, version) === undefined ? 'store' : 'folder',
        sha256: sha256(versionText(id, version) ?? ''),
      }),
    )
    if (draft === undefined && versions.length === 0) return undefined
    const newest = versions[0] === undefined ? draft : versionText(id, versions[0].version)
    const reading = readFlow(newest ?? '')
    return {
      id,
      title: 'flow' in reading ? reading.flow.title : id,
      draft: draft === undefined ? 'none' : sha256(draft) === versions[0]?.sha256 ? 'published' : 'changed',
      versions,
    }
  }
  const ids = (): readonly string[] => {
    const drafts = folders
      .flatMap((each) => namesIn(each))
      .flatMap((name) => {
        const ending = DRAFT_ENDINGS.find((one) => name.endsWith(one))
        return ending === undefined ? [] : [name.slice(0, -ending.length)]
      })
    const published = folders.flatMap((each) => namesIn(join(each, PUBLISHED)))
    return [...new Set([...drafts, ...published, ...shelf().map(({ id }) => id)])].filter((id) => ID.test(id)).sort()
  }

  const found = (id: string, version: number | undefined): FoundFlow => {
    if (!ID.test(id)) return { result: 'unknown-flow' }
    const numbers = numbersOf(id)
    if (numbers.length === 0 && draftOf(id) === undefined) return { result: 'unknown-flow' }
    const taken = numbers.find((each) => (version === undefined || each === version) && !isRetired(id, each))
    if (taken === undefined) return { result: 'no-flow-version' }
    const flow = flowOf(id, taken)
    return flow === 'not-usable' ? { result: 'flow-not-usable' } : { result: 'found', flow, version: taken }
  }

  return {
    list: () => ids().flatMap((id) => entryOf(id) ?? []),
    entry: (id) => (ID.test(id) ? entryOf(id) : undefined),
    text: (id, version) => {
      if (!ID.test(id)) return undefined
      return version === undefined ? draftOf(id) : versionText(id, version)
    },
    find(id, version) {
      try {
        return found(id, version)
      } catch (thrown) {
        if (thrown instanceof Fault) return { result: 'flow-not-usable' }
        throw thrown
      }
    },
    check: (text, id) => problemsOf(id, text, options.check),
    publish(id, given) {
      const text = ID.test(id) ? (given ?? draftOf(id)) : undefined
      if (text === undefined) throw fault('flow.not-found')
      const problems = problemsOf(id, text, options.check)
      if (problems.length > 0) return { result: 'not-valid', problems }
      const [newest = 0] = numbersOf(id)
      if (newest > 0 && !isRetired(id, newest) && versionText(id, newest) === text) {
        return { result: 'unchanged', version: newest }
      }
      return { result: 'published', version: writeVersion(join(folder, PUBLISHED, id), newest + 1, text) }
    },
    retire(id, version) {
      if (!ID.test(id) || !numbersOf(id).includes(version)) throw fault('flow.not-found')
      writeMark(join(folder, PUBLISHED, id), `${version}.retired`)
    },
    create(id, text) {
      const path = join(folder, `${id}.yaml`)
      if (DRAFT_ENDINGS.some((ending) => readText(join(folder, `${id}${ending}`)) !== undefined))
        throw fault('flow.exists')
      writeDraft(folder, `${id}.yaml`, text)
      return path
    },
  }
}

/** @returns what is wrong with a text that is to be published under an id. */
function problemsOf(
  id: string | undefined,
  text: string,
  check: (flow: Flow) => readonly FlowProblem[] = () => [],
): readonly FlowProblem[] {
  const reading = readFlow(text)
  if ('problems' in reading) return reading.problems
  const { flow, lineOf } = reading
  const other: FlowProblem = {
    key: 'id',
    says: 'The file is called after another flow.',
    advice: 'Write the name of the file, without its ending.',
  }
  return [...(id === undefined || flow.id === id ? [] : [other]), ...check(flow)].map((problem) => {
    const line = problem.line ?? lineOf(problem.key)
    return line === undefined ? problem : { ...problem, line }
  })
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    return missing(error) ?? []
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return missing(error)
  }
}

/** What is not there is known; of all else, such as no more files to be had, nothing is: a version that is retired must not pass for one that is not. */
function missing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
    return undefined
  throw fault('flow.cannot-read', {}, error)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
