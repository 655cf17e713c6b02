/**
 * Notices a far end that died without a word: no packet for the limit, though packets are due, and no answer to a question. The media process says
 * once when a port has fallen quiet; from then on the packets are counted, so that somebody who was only on hold is not cut off, and neither is who has
 * nothing to say: a phone that suppresses silence sends nothing meanwhile (RFC 3389 section 4).
 */

import type { Clock, Timer } from '../base/clock.ts'
import type { Leg } from './leg.ts'
import type { Pair, Role } from './pair.ts'

export type QuietWatch = {
  /** The media process says that nothing came for so long, ms. */
  fellQuiet(quietMs: number): void
  /** May be called twice. */
  close(): void
}

export type QuietWatchOptions = {
  readonly clock: Clock
  /** Longest time without a packet, ms. */
  readonly limitMs: number
  readonly packetsReceived: () => Promise<number>
  /** Nothing has to come now: held, or the port is away. */
  readonly exempt: () => boolean
  /** Asks by signalling; no answer in time is none. */
  readonly isThere: () => Promise<boolean>
  readonly onDead: () => void
}

/** Watches both legs of a call that stands. @param limitMs longest time without a packet, ms. */
export function watchBoth(
  { placing, placed }: Pair,
  clock: Clock,
  limitMs: number,
  onDead: (role: Role) => void,
): Readonly<Record<Role, QuietWatch>> {
  const watch = (leg: Leg | undefined, role: Role): QuietWatch =>
    watchQuiet({
      clock,
      limitMs,
      packetsReceived: async () => (await leg?.port?.stats())?.packetsReceived ?? 0,
      exempt: () => leg?.heard !== true,
      isThere: async () => (await leg?.isThere()) === true,
      onDead: () => onDead(role),
    })
  return { placing: watch(placing, 'placing'), placed: watch(placed?.leg, 'placed') }
}

export function watchQuiet(options: QuietWatchOptions): QuietWatch {
  const { clock, limitMs } = options
  /** Counted up by every new silence and by `close`: what was begun for an earlier one is dropped. */
  let round = 0
  let closed = false
  let timer: Timer | undefined

  const count = () => options.packetsReceived().catch(() => undefined)
  const watch = async (ms: number, of: number) => {
    const before = await count()
    if (of === round) timer = clock.after(ms, () => void check(before, of))
  }
  const check = async (before: number | undefined, of: number) => {
    if (!(await lasts(before, of))) return
    if (await options.isThere().catch(() => false)) await watch(limitMs, of)
    // While it was waited for an answer much may have happened.
    else if (await lasts(before, of)) options.onDead()
  }
  /** @returns whether the silence goes on; what need not end now is looked at again. */
  const lasts = async (before: number | undefined, of: number): Promise<boolean> => {
    const now = await count()
    if (of !== round) return false
    if (options.exempt()) {
      await watch(limitMs, of)
      return false
    }
    // The media process says so again when the silence is a new one.
    return now === before
  }
  const nextRound = () => {
    timer?.cancel()
    return ++round
  }
  return {
    fellQuiet(quietMs) {
      // Said while the call was ending.
      if (closed) return
      void watch(Math.max(0, limitMs - quietMs), nextRound())
    },
    close() {
      closed = true
      nextRound()
    },
  }
}
