/** The call history of a running server: the keeper that writes it, and a thread that reads it when somebody asks. */

import type { Timer } from '../base/clock.ts'
import { fault } from '../base/fault.ts'
import type { Milliseconds } from '../base/units.ts'
import type { CountQuery, Stretch } from './counting.ts'
import { type DiskThread, startDiskThread } from './disk-thread.ts'
import { createKeeper, type Keeper, type KeeperOptions } from './keeper.ts'
import type { HistoryOrder } from './orders.ts'
import type { HistoryPage, HistoryQuery } from './query.ts'

export type CallHistoryOptions = KeeperOptions & { readonly enabled: boolean }

export type CallHistory = Keeper & {
  /** @throws Fault `history.*` */
  page(query: HistoryQuery): Promise<HistoryPage>
  /** @throws Fault `history.*` */
  count(query: CountQuery): Promise<readonly Stretch[]>
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
  const ask = async <O extends HistoryOrder>(order: O) => {
    if (questions >= MOST_QUESTIONS) throw fault('history.busy')
    questions += 1
    idle?.cancel()
    reader ??= startDiskThread({ file, boot: '' })
    const asked = reader
    try {
      return await asked.ask(order)
    } catch (thrown) {
      if (reader === asked) endReader()
      throw thrown
    } finally {
      questions -= 1
      if (questions === 0) idle = clock.after(IDLE_MS, endReader)
    }
  }
  return {
    ...keeper,
    page: (query) => ask({ do: 'page', query }),
    count: (query) => ask({ do: 'count', query }),
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
  count: () => Promise.reject(fault('history.off')),
  stop: () => Promise.resolve(),
}
