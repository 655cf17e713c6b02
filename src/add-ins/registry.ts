/**
 * Which add-ins there are (PC-86, PC-87): read from their folder when the server starts, when its configuration is read anew, and when somebody asks for it. One that is broken is
 * refused with what is wrong with it; the others, and what was loaded under its name before, stay. One whose folder has gone, goes.
 */

import type { Config } from '../base/config.ts'
import type { Log } from '../base/log.ts'
import { type AddIn, addInFolders, readAddIn } from './folder.ts'
import type { AddInProblem, LookupPlaces } from './manifest.ts'

export type AddInSettings = {
  /** Undefined: there are none. */
  readonly folder: string | undefined
  readonly lookups: LookupPlaces & {
    /** Certificate authorities trusted for lookups, PEM, instead of those that Node knows. */
    readonly caFile: string | undefined
  }
}

/** @returns what the configuration says of add-ins. */
export function addInSettings({ addInsFolder, lookups }: Config['http']): AddInSettings {
  const { allowHosts, plainLoopback, caFile } = lookups
  return { folder: addInsFolder, lookups: { allowHosts, plainLoopback, caFile } }
}

export type Registered = {
  readonly name: string
  /** What is in use; undefined where nothing was ever right. */
  readonly addIn: AddIn | undefined
  /** Of the last try. */
  readonly state: 'loaded' | 'refused'
  readonly problems: readonly AddInProblem[]
  /** When what is in use was loaded, ms since 1970. */
  readonly loadedAtMs: number | undefined
}

export type Registry = {
  /** Reads the folder anew. One after the other; never rejects. */
  load(): Promise<void>
  /** By name. */
  list(): readonly Registered[]
  /** @returns what is in use under a name. */
  find(name: string): AddIn | undefined
  /** @returns whether a form may name it as its component: any, where there is no folder of add-ins. */
  takesComponent(name: string): boolean
  /** @returns why a form cannot have the component, for a person; undefined when it can. */
  whyMissing(name: string | undefined): string | undefined
}

export type RegistryParts = {
  /** As they count just now. */
  readonly settings: () => AddInSettings
  readonly wallMs: () => number
  readonly log: Pick<Log, 'info' | 'warn'>
}

export function createRegistry({ settings, wallMs, log }: RegistryParts): Registry {
  let registered: ReadonlyMap<string, Registered> = new Map()
  let last: Promise<void> = Promise.resolve()

  const readAll = async (): Promise<void> => {
    const { folder, lookups } = settings()
    const found = new Map<string, Registered>()
    const names = folder === undefined ? [] : await addInFolders(folder).catch(() => undefined)
    if (names === undefined) {
      // What cannot be looked at has not gone.
      log.warn('control.add-ins-not-readable')
      return
    }
    for (const name of names) found.set(name, await readOne(folder ?? '', name, lookups))
    for (const name of registered.keys()) if (!found.has(name)) log.info('control.add-in-unloaded', { addIn: name })
    registered = found
  }
  const readOne = async (folder: string, name: string, lookups: LookupPlaces): Promise<Registered> => {
    const read = await readAddIn(folder, name, lookups)
    const before = registered.get(name)
    if ('addIn' in read) {
      const { version } = read.addIn.manifest
      log.info('control.add-in-loaded', { addIn: name, version })
      return { name, addIn: read.addIn, state: 'loaded', problems: [], loadedAtMs: wallMs() }
    }
    for (const { file, place, says, advice } of read.problems)
      log.warn('control.add-in-refused', {
        addIn: name,
        setting: `${file} ${place}`.trim(),
        problem: `${says} ${advice}`,
      })
    const { addIn, loadedAtMs } = before ?? {}
    return { name, addIn, state: 'refused', problems: read.problems, loadedAtMs }
  }

  return {
    load() {
      last = last.then(readAll, readAll)
      return last
    },
    list: () => [...registered.values()],
    find: (name) => registered.get(name)?.addIn,
    takesComponent: (name) => settings().folder === undefined || registered.get(name)?.addIn !== undefined,
    whyMissing(name) {
      if (settings().folder === undefined) return 'This server has no add-ins: http.addInsFolder is not set.'
      const found = name === undefined ? undefined : registered.get(name)
      if (found?.addIn !== undefined) return undefined
      return found === undefined
        ? 'No add-in of this name is there.'
        : 'The add-in of this name was refused, and no earlier version of it is there.'
    },
  }
}
