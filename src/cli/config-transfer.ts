/** `sotto config export` and `sotto config import`: the directory as YAML. */

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { addInSettings, createAddIns } from '../add-ins/index.ts'
import { clockFrom } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import { diskFiles, fileProblems } from '../base/config-files.ts'
import { fault } from '../base/fault.ts'
import {
  changesTo,
  type Directory,
  type DirectoryProblem,
  decideChanges,
  differencesOf,
  type NamedDifference,
  openDirectory,
  readDirectoryFile,
  storeOf,
  writeDirectoryFile,
} from '../directory/index.ts'
import { flowFolderOf, outsideOf } from '../flow/index.ts'
import { sealingIn } from '../people/index.ts'
import { type ConfigScope, configured, readText, type WriteLine } from './configured.ts'
import { telling } from './telling.ts'

const BY = 'sotto config import'

/** @returns 0 written, 1 it did not work, 2 the configuration is wrong. */
export async function configExport(scope: ConfigScope, file: string | undefined, write: WriteLine): Promise<0 | 1 | 2> {
  const config = configured(scope, write)
  if (config === undefined) return 2
  return telling(write, () =>
    withDirectory(config, async (directory) => {
      const text = writeDirectoryFile(directory.picture())
      if (file === undefined) write(text.trimEnd())
      else writeText(file, text)
    }),
  )
}

/** @returns 0 imported or nothing to do, 1 it did not work, 2 the configuration or the file is wrong. */
export async function configImport(
  scope: ConfigScope,
  file: string,
  isDry: boolean,
  write: WriteLine,
): Promise<0 | 1 | 2> {
  const config = configured(scope, write)
  if (config === undefined) return 2
  const text = readText(file)
  if (text === undefined) {
    write(`${file}: cannot be read.`)
    return 2
  }
  const read = readDirectoryFile(text)
  if ('problems' in read) return refused(file, read.problems, write)
  const seal = sealingIn(config.people.keyFile)
  const outside = {
    ...outsideOf(flowFolderOf(() => config.secureInput, scope.shippedFolder)),
    hasComponent: await componentsOf(config),
    plan: {
      ...{ file: () => config, seal },
      folder: scope.config === undefined ? undefined : dirname(scope.config),
      problems: (of: Config) => fileProblems(of, diskFiles),
    },
  }
  let problems: readonly DirectoryProblem[] = []
  let differences: readonly NamedDifference[] = []
  const code = await telling(write, () =>
    withDirectory(config, async (directory) => {
      const done = await directory.change(BY, (picture) => {
        const changes = changesTo(picture, read, seal)
        differences = differencesOf(picture, changes)
        const decision = decideChanges(picture, changes, outside)
        return isDry && 'changes' in decision ? { changes: [] } : decision
      })
      if ('refused' in done) problems = done.problems ?? []
    }),
  )
  if (code !== 0) return code
  if (problems.length > 0) return refused(file, problems, write)
  for (const difference of differences) for (const line of linesOf(difference)) write(line)
  const count = `${differences.length} ${differences.length === 1 ? 'entry' : 'entries'}`
  write(differences.length === 0 ? 'nothing to change' : `${count} ${isDry ? 'would change' : 'changed'}`)
  return 0
}

/** @throws Fault `output.not-writable` */
function writeText(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (thrown) {
    throw fault('output.not-writable', {}, thrown)
  }
}

/** Looks into the folder of add-ins as the server would. */
async function componentsOf({ http }: Config): Promise<(name: string) => boolean> {
  const log = { info: () => undefined, warn: () => undefined }
  const addIns = createAddIns({ settings: () => addInSettings(http), wallMs: Date.now, log })
  await addIns.load()
  return addIns.takesComponent
}

async function withDirectory(config: Config, work: (directory: Directory) => Promise<void>): Promise<void> {
  const clock = clockFrom({ now: () => performance.now(), setTimeout, clearTimeout })
  const parts = { clock, wallMs: Date.now, random: randomBytes, onEvent: () => undefined }
  const directory = await openDirectory({ ...parts, store: storeOf(config.directory) })
  try {
    await work(directory)
  } finally {
    await directory.stop()
  }
}

function linesOf({ kind, name, action, difference }: NamedDifference): readonly string[] {
  const members = action === '-' ? [] : Object.entries(difference)
  return [
    `${action} ${kind}/${name}`,
    ...members.map(([member, { from, to }]) => {
      const before = from === undefined ? '' : `${JSON.stringify(from)} -> `
      return `    ${member}: ${before}${to === undefined ? '(none)' : JSON.stringify(to)}`
    }),
  ]
}

function refused(file: string, problems: readonly DirectoryProblem[], write: WriteLine): 2 {
  for (const { key, says, advice } of problems) write(`${file}: ${key === '' ? '' : `${key}: `}${says} ${advice}`)
  write(`${problems.length} ${problems.length === 1 ? 'mistake' : 'mistakes'}; nothing was changed`)
  return 2
}
