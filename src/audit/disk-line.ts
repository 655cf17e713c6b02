/**
 * What waits in line for a disk: it is written in one piece with whatever else waits, in its order. When the disk does not take it, that is told once, what has to be kept
 * waits, and every two seconds is another try, until it resumed.
 */

import type { Clock, Timer } from '../base/clock.ts'
import type { Milliseconds } from '../base/units.ts'

export type DiskLineOptions<Item> = {
  readonly clock: Clock
  /** Opens what is written to; called until it does not throw, and never again. @returns what comes before all that waits. */
  begin(): Promise<readonly Item[]>
  /** All or nothing of it. */
  write(batch: readonly Item[]): Promise<void>
  /** @param isNews whether it worked before. @returns what of those that wait has to be kept. */
  failed(thrown: unknown, waiting: readonly Item[], batch: readonly Item[], isNews: boolean): readonly Item[]
  /** Written before what waited. */
  resumption?(missedMs: Milliseconds): Item
  resumed(missedMs: Milliseconds): void
}

export type DiskLine<Item> = {
  /** Whether what comes now can be written. */
  readonly available: boolean
  /** Tries to begin; when it cannot, it goes on trying. Never throws. */
  start(): Promise<void>
  push(item: Item): void
  /** Writes what waits, if the disk takes it. */
  stop(): Promise<void>
}

const RETRY_MS: Milliseconds = 2000

/** @returns a line; nothing is opened or written before `start` or `push`. */
export function createDiskLine<Item>(options: DiskLineOptions<Item>): DiskLine<Item> {
  const { clock } = options
  let line: readonly Item[] = []
  let begun = false
  let writing: Promise<void> | undefined
  let failedAtMs: Milliseconds | undefined
  let retry: Timer | undefined
  let stopped = false

  const turn = async () => {
    let batch: readonly Item[] = []
    try {
      if (!begun) line = [...(await options.begin()), ...line]
      begun = true
      const first = failedAtMs === undefined ? undefined : options.resumption?.(clock.now() - failedAtMs)
      batch = first === undefined ? line : [first, ...line]
      line = []
      if (batch.length > 0) await options.write(batch)
    } catch (thrown) {
      line = options.failed(thrown, [...batch, ...line], batch, failedAtMs === undefined)
      failedAtMs ??= clock.now()
      if (!stopped) retry = clock.after(RETRY_MS, takeTurn)
      return
    }
    if (failedAtMs !== undefined) options.resumed(clock.now() - failedAtMs)
    failedAtMs = undefined
  }
  const takeTurn = () => {
    writing ??= turn().finally(() => {
      writing = undefined
      if (line.length > 0) pump()
    })
  }
  const pump = () => {
    if (failedAtMs === undefined) takeTurn()
  }

  return {
    get available() {
      return begun && failedAtMs === undefined && !stopped
    },
    async start() {
      pump()
      await writing
    },
    push(item) {
      line = [...line, item]
      pump()
    },
    async stop() {
      stopped = true
      retry?.cancel()
      await writing
      if (line.length > 0) await turn()
    },
  }
}
