/** The directory of this server by its configuration, and what becomes of it in the words of the log. */

import { existsSync } from 'node:fs'
import { claimFile } from '../base/claim.ts'
import type { Clock } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import { asFault, type Fault, fault } from '../base/fault.ts'
import type { RandomBytes } from '../base/ids.ts'
import type { Log } from '../base/log.ts'
import {
  type Database,
  type Directory,
  type DirectoryEvent,
  EMPTY_PICTURE,
  openDirectory,
  storeOf,
} from '../directory/index.ts'

type Parts = {
  readonly clock: Clock
  readonly wallMs: () => number
  readonly random: RandomBytes
  readonly log: Pick<Log, 'info' | 'warn' | 'error' | 'fault'>
}

/** The directory before it is opened, and afterwards. */
export type DirectoryHolder = Pick<Directory, 'picture' | 'change' | 'subscribe' | 'history'> & {
  /** @throws Fault `directory.*` when it is not open */
  db(): Database
  /** @throws Fault `directory.*` when there is one that cannot be used: nobody must get rights because it cannot be read */
  start(): Promise<void>
  stop(): Promise<void>
}

/** @returns the directory; an empty one until it is opened. */
export function createDirectory({ directory }: Config, { log, ...parts }: Parts): DirectoryHolder {
  const store = storeOf(directory)
  const listeners = new Set<(event: DirectoryEvent) => void>([(event) => logDirectoryEvent(log, event)])
  let open: Directory | undefined
  let missing: Fault = fault('directory.not-writable')
  let letGo: () => void = () => undefined
  const opened = (): Directory => {
    if (open === undefined) throw missing
    return open
  }
  return {
    async start() {
      try {
        if ('file' in store) letGo = await claimFile('directory', store.file)
        open = await openDirectory({
          ...parts,
          store,
          onEvent: (event) => {
            for (const listener of [...listeners]) listener(event)
          },
        })
      } catch (thrown) {
        const cause = asFault(thrown)
        // Where there never was one, nobody has rights in it, and calls go on as without.
        const isNone = cause.code === 'directory.not-writable' && 'file' in store && !existsSync(store.file)
        if (!isNone) throw cause
        missing = cause
        log.fault(cause)
      }
    },
    db: () => opened().db,
    picture: () => open?.picture() ?? EMPTY_PICTURE,
    change: async (...given) => opened().change(...given),
    history: async (question) => opened().history(question),
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async stop() {
      await open?.stop()
      letGo()
    },
  }
}

function logDirectoryEvent(log: Parts['log'], event: DirectoryEvent): void {
  if (event.type === 'directory.failed') log.error('directory.failed', { fault: event.fault })
  else if (event.type === 'directory.resumed') log.warn('directory.resumed')
  else log.info('directory.changed', { count: event.generation })
}
