/**
 * SIP traces: messages without their bodies, of one call, of a number or of all, told to whoever asked while he listens. Nothing is
 * collected while nobody traces, and no more than a bounded backlog while somebody does.
 *
 * A call in a secure session is not traced: a trace of it is refused, one that runs stops when a session is asked for, and traces of many
 * calls leave that call out from then on. A message is held back for a moment, since whose it is shows only once its leg has been made.
 *
 *   seen -> held 100 ms -> whose call? -> in a secure session, or was: left out -> asked for? -> told
 */

import type { Clock, Timer } from '../base/clock.ts'
import { fault } from '../base/fault.ts'
import type { Milliseconds } from '../base/units.ts'
import type { CallEvent, Calls, CallView } from '../call/index.ts'
import type { SeenMessage, Sip } from '../sip/index.ts'

export type TraceAsked =
  | { readonly of: 'call'; readonly callId: string }
  /** Who calls or is called, or stands in From or To of what is no call. */
  | { readonly of: 'number'; readonly number: string }
  | { readonly of: 'all' }

export type TraceEvent =
  | ({
      readonly type: 'trace.message'
      readonly callId: string | undefined
      /** ISO 8601. */
      readonly at: string
    } & Omit<SeenMessage, 'sipCallId'>)
  /** From now on nothing of this call is told: a secure session. */
  | { readonly type: 'trace.left-out'; readonly atMs: Milliseconds; readonly callId: string }
  /** Messages that came faster than they could be told. */
  | { readonly type: 'trace.missed'; readonly atMs: Milliseconds; readonly count: number }
  | {
      readonly type: 'trace.ended'
      readonly atMs: Milliseconds
      readonly why: 'secure-session' | 'call-over' | 'time-up'
    }

export type SipTraces = {
  /**
   * Begins one. `trace.ended` is the last that is told, and is not when it is ended by the function that is returned.
   * @throws Fault `call.not-found`, `trace.secure-session`, `trace.too-many`
   */
  start(asked: TraceAsked, seconds: number, tell: (event: TraceEvent) => void): () => void
  readonly running: number
}

export type SipTraceParts = {
  readonly watch: Sip['watch']
  readonly calls: Pick<Calls, 'get' | 'list' | 'ofDialog' | 'subscribe'>
  readonly clock: Clock
  /** Milliseconds since 1970. */
  readonly wallMs: () => Milliseconds
}

const MOST_TRACES = 4
/** Messages that are held at once. */
const MOST_HELD = 2000
const HOLD_MS: Milliseconds = 100
/** What belongs to a call may still come after its end: BYE, its answer, retransmissions. */
const AFTERWARDS_MS: Milliseconds = 2000
/** Dialogs that a trace remembers. */
const MOST_DIALOGS = 5000

/** @returns traces of what a `sip` room says and hears. */
export function createSipTraces({ watch, calls, clock, wallMs }: SipTraceParts): SipTraces {
  let running = 0

  const start: SipTraces['start'] = (asked, seconds, tell) => {
    if (asked.of === 'call') refuseUnfit(calls.get(asked.callId))
    if (running >= MOST_TRACES) throw fault('trace.too-many')
    running += 1
    /** Call-IDs of the calls that are known, for when they are over. */
    const dialogs = new Map<string, CallView>()
    const barred = new Set(
      calls
        .list()
        .filter(isSecure)
        .map(({ callId }) => callId),
    )
    const leftOut = new Set<string>()
    let held: SeenMessage[] = []
    let missed = 0
    let beat: Timer | undefined
    let isOver = false

    const viewOf = (sipCallId: string): CallView | undefined => {
      const view = calls.ofDialog(sipCallId) ?? dialogs.get(sipCallId)
      if (view === undefined) return undefined
      dialogs.set(sipCallId, view)
      const [oldest] = dialogs.keys()
      if (dialogs.size > MOST_DIALOGS && oldest !== undefined) dialogs.delete(oldest)
      return view
    }
    const give = ({ sipCallId, ...message }: SeenMessage) => {
      const view = viewOf(sipCallId)
      if (!isAsked(asked, view, message.head)) return
      if (view !== undefined && (barred.has(view.callId) || isSecure(view))) {
        if (leftOut.has(view.callId)) return
        leftOut.add(view.callId)
        tell({ type: 'trace.left-out', atMs: clock.now(), callId: view.callId })
      } else {
        const at = new Date(wallMs() - (clock.now() - message.atMs)).toISOString()
        tell({ type: 'trace.message', callId: view?.callId, at, ...message })
      }
    }
    const flush = () => {
      beat = undefined
      const messages = held
      held = []
      for (const message of messages) give(message)
      if (missed > 0) tell({ type: 'trace.missed', atMs: clock.now(), count: missed })
      missed = 0
    }
    const stop = () => {
      if (isOver) return
      isOver = true
      running -= 1
      for (const end of ends) end()
    }
    const finish = (why: Extract<TraceEvent, { type: 'trace.ended' }>['why']) => {
      if (isOver) return
      if (why !== 'secure-session') flush()
      stop()
      tell({ type: 'trace.ended', atMs: clock.now(), why })
    }
    const onEvent = (event: CallEvent) => {
      if (event.type === 'secure.requested') {
        barred.add(event.callId)
        if (asked.of === 'call' && asked.callId === event.callId) finish('secure-session')
      }
      if (event.type === 'call.ended' && asked.of === 'call' && asked.callId === event.callId)
        ends.push(cancelling(clock.after(AFTERWARDS_MS, () => finish('call-over'))))
    }
    const onSeen = (seen: SeenMessage) => {
      beat ??= clock.after(HOLD_MS, flush)
      if (held.length < MOST_HELD) held.push(seen)
      else missed += 1
    }
    const ends: (() => void)[] = [
      watch(onSeen),
      calls.subscribe(onEvent),
      cancelling(clock.after(seconds * 1000, () => finish('time-up'))),
      () => beat?.cancel(),
    ]
    return stop
  }

  return {
    start,
    get running() {
      return running
    },
  }
}

function refuseUnfit(view: CallView | undefined): void {
  if (view === undefined || view.endedAtMs !== undefined) throw fault('call.not-found')
  if (isSecure(view)) throw fault('trace.secure-session', { callId: view.callId })
}

function isSecure({ secureSessions }: CallView): boolean {
  return secureSessions.some(({ endedAtMs }) => endedAtMs === undefined)
}

function isAsked(asked: TraceAsked, view: CallView | undefined, head: string): boolean {
  if (asked.of === 'all') return true
  if (asked.of === 'call') return view?.callId === asked.callId
  const { number } = asked
  return view === undefined ? isNamed(head, number) : view.from === number || view.to === number
}

/** Of what belongs to no call, such as REGISTER: the number is the user part of From or To. */
function isNamed(head: string, number: string): boolean {
  return [...head.matchAll(/^(?:from|f|to|t)[\t ]*:[^\r\n]*?(?:sips?|tel):([^@;>\r\n]*)/gim)].some(
    ([, user]) => user === number,
  )
}

function cancelling(timer: Timer): () => void {
  return () => timer.cancel()
}
