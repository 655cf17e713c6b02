/** The call history of a running server: the keeper that writes it, and a thread that reads it when somebody asks. */

import type { Timer } from '../base/clock.ts'
import { fault } from '../base/fault.ts'
import type { Milliseconds } from '../base/units.ts'
import { type DiskThread, startDiskThread } from './disk-thread.ts'
import { createKeeper, type Keeper, type KeeperOptions } from './keeper.ts'
import type { HistoryPage, HistoryQuery } from './query.ts'

export type CallHistoryOptions = KeeperOptions & { readonly enabled: boolean }

export type CallHistory = Keeper & {
  /** @throws Fault `history.*` */
  page(query: HistoryQuery): Promise<HistoryPage>
}

/** The reading thread ends when nobody has asked for so long. */
const IDLE_MS: Milliseconds = 60_000
/** Questions that wait at once. */
const MOST_QUESTIONS = 16

/** @returns a history that is kept, or one that is not where the configuration says so. */
export function createCallHistory(options: CallHistoryOptions): CallHistory {
  if (!options.enabled) return NONE
  const { file, clock } = options
  const keeper = createKeeper(options)
  let reader: DiskThread | undefined
  let idle: Timer | undefined
  let questions = 0
  const endReader = () => {
    idle?.cancel()
    reader?.end()
    reader = undefined
  }
  return {
    ...keeper,
    async page(query) {
      if (questions >= MOST_QUESTIONS) throw fault('history.busy')
      questions += 1
      idle?.cancel()
      reader ??= startDiskThread({ file, boot: '' })
      const asked = reader
      try {
        return await asked.ask({ do: 'page', query })
      } catch (thrown) {
        if (reader === asked) endReader()
        throw thrown
      } finally {
        questions -= 1
        if (questions === 0) idle = clock.after(IDLE_MS, endReader)
      }
    },
    async stop() {
      endReader()
      await keeper.stop()
    },
  }
}

const NONE: CallHistory = {
  start: () => Promise.resolve(),
  take: () => undefined,
  reconfigure: () => undefined,
  stats: () => ({ available: false, waiting: 0, written: 0, dropped: 0 }),
  subscribe: () => () => undefined,
  page: () => Promise.reject(fault('history.off')),
  stop: () => Promise.resolve(),
}
