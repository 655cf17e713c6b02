/**
 * After a rejoin: how long until each hears the other, and what is done when one does not (N-18). A direction is *due* when its far end sent
 * packets all the time during the session, and neither side holds; a phone that is silent by its own will is let be.
 *
 * | 1 s after the join | What it means | Repair |
 * |---|---|---|
 * | packets come, none is sent on | the flow is broken here | both flows are made anew; when that does not mend it, as below |
 * | no packet comes | the far end sends elsewhere, or is not let through: a binding changed while the vault had the socket | a fresh port and a re-INVITE for that leg |
 *
 * A repair joins nobody who has been parted again meanwhile: whoever makes the world sees to that.
 */

import type { Clock, Timer } from '../base/clock.ts'
import type { Milliseconds } from '../base/units.ts'
import type { PortStats } from '../media/contract.ts'
import type { Side } from './pair.ts'

export type Repair = 'reassigned' | 're-invited'
export type Mending = { readonly side: Side; readonly repair: Repair; readonly mended: boolean }

export type RejoinQuality = {
  /** From the join to the first packet of the one that the other was sent; undefined when none was seen. */
  readonly toCallerMs: Milliseconds | undefined
  readonly toAgentMs: Milliseconds | undefined
  /** In their order; `side` is the one that was not heard. */
  readonly repairs: readonly Mending[]
}

export type RejoinWorld = {
  stats(side: Side): Promise<PortStats>
  /** Neither side holds, and the legs are still joined. */
  heard(side: Side): boolean
  /** Makes the flows between both legs anew. */
  reassign(): Promise<void>
  /** A fresh port and a re-INVITE for one leg. @returns whether it agreed. */
  reinvite(side: Side): Promise<boolean>
}

export type RejoinWatchOptions = {
  readonly clock: Clock
  readonly world: RejoinWorld
  /** Who sent packets all the time during the session. */
  readonly talked: Readonly<Record<Side, boolean>>
  /** The caller came back through a fresh port: his sound may be muted for a while, so that packets that come are all that is asked for. */
  readonly guarded: boolean
  readonly onOneWay: (side: Side, repair: Repair) => void
}

export type RejoinWatch = {
  readonly done: Promise<RejoinQuality>
  /** The call has ended or is parted again: what is known is told. May be called twice. */
  stop(): void
}

const LOOK_MS: Milliseconds = 50
/** Within this time sound has to flow; and again after a repair by re-INVITE. */
const ONE_WAY_MS: Milliseconds = 1000
const MENDED_MS: Milliseconds = 2000
const SIDES: readonly Side[] = ['caller', 'agent']

type Seen = Readonly<Record<Side, PortStats>>

/** Begins right after the join. */
export function watchRejoin(options: RejoinWatchOptions): RejoinWatch {
  const { clock, world, talked, guarded } = options
  let stopped = false
  let wake: (() => void) | undefined
  let timer: Timer | undefined

  const pause = (ms: Milliseconds): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve
      timer = clock.after(ms, resolve)
    })
  const look = async (): Promise<Seen | undefined> => {
    try {
      const [caller, agent] = await Promise.all([world.stats('caller'), world.stats('agent')])
      return { caller, agent }
    } catch {
      return undefined
    }
  }
  const missing = (sides: readonly Side[], first: Seen, now: Seen): readonly Side[] =>
    sides.filter((side) => {
      if (!talked[side] || !world.heard(side)) return false
      const comes = now[side].packetsReceived > first[side].packetsReceived
      return !(comes && (guarded || isSentOn(now, side)))
    })
  /** @returns what was seen last, and who is not heard at the end of the wait. */
  const wait = async (sides: readonly Side[], first: Seen, ms: Milliseconds) => {
    let now = first
    for (let spent = 0; ; spent += LOOK_MS) {
      const silent = missing(sides, first, now)
      if (silent.length === 0 || spent >= ms || stopped) return { now, silent: stopped ? [] : silent }
      await pause(LOOK_MS)
      now = (await look()) ?? now
    }
  }
  const mend = async (side: Side, repair: Repair): Promise<Mending> => {
    options.onOneWay(side, repair)
    const began = await look()
    try {
      if (repair === 'reassigned') await world.reassign()
      else await world.reinvite(side)
    } catch {
      // What could not be repaired shows below.
    }
    if (began === undefined) return { side, repair, mended: false }
    const { silent } = await wait([side], began, repair === 'reassigned' ? ONE_WAY_MS : MENDED_MS)
    return { side, repair, mended: !stopped && !silent.includes(side) }
  }

  const watch = async (): Promise<RejoinQuality> => {
    const first = await look()
    if (first === undefined) return { toCallerMs: undefined, toAgentMs: undefined, repairs: [] }
    const { now, silent } = await wait(SIDES, first, ONE_WAY_MS)
    const repairs: Mending[] = []
    for (const side of silent) {
      const comes = now[side].packetsReceived > first[side].packetsReceived
      for (const repair of comes ? (['reassigned', 're-invited'] as const) : (['re-invited'] as const)) {
        if (stopped || repairs.some((done) => done.side === side && done.mended)) break
        repairs.push(await mend(side, repair))
      }
    }
    const last = (await look()) ?? now
    return { toCallerMs: last.caller.firstRelayedMs, toAgentMs: last.agent.firstRelayedMs, repairs }
  }

  return {
    done: watch(),
    stop() {
      stopped = true
      timer?.cancel()
      wake?.()
    },
  }
}

/** @returns whether packets of a side were sent on to the other. */
function isSentOn(seen: Seen, side: Side): boolean {
  return seen[side === 'caller' ? 'agent' : 'caller'].firstRelayedMs !== undefined
}
