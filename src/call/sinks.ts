/**
 * Everything beside the agent's leg that could get a caller's sound or keys, behind one switch (N-10): before a secure session may begin, each
 * is told to be off, says that it is, and is found to be by another way than its own word. One that does not answer, refuses, or says what is
 * not so keeps the session from beginning. What this node does not have is named as absent.
 *
 * The agent's leg is turned off by the cut, and read back from the media process (`secure-audit.ts`).
 */

import { SINK_NAMES, type SinkName, type SinkState } from '../audit/contract.ts'
import type { Clock } from '../base/clock.ts'
import type { Milliseconds } from '../base/units.ts'

/** Something that gets sound, keys or events of calls: a recorder, a tap. */
export type Sink = {
  readonly name: Exclude<SinkName, 'agent-leg'>
  /** Stops it for a call. @returns what it says it is now. */
  turnOff(callId: string): Promise<'off' | 'on'>
  /** @returns what it is found to do, by another way than its word: a counter that stands still, a file that does not grow. */
  readBack(callId: string): Promise<'off' | 'on'>
  /** The session is over, or was not begun. */
  turnOn(callId: string): void
}

export type Silenced = { readonly states: readonly SinkState[] } | { readonly refusedBy: SinkName }

/** Longest wait for a sink's word. */
const ACKNOWLEDGED_MS: Milliseconds = 1000

/** Turns all of them off. When one does not, those that did are turned on again. @param fromMs what times in the states count from. */
export async function silence(
  sinks: readonly Sink[],
  callId: string,
  clock: Clock,
  fromMs: Milliseconds,
): Promise<Silenced> {
  const told = await Promise.all(sinks.map(async (sink) => ({ sink, ms: await isOff(sink, callId, clock) })))
  const liar = told.find(({ ms }) => ms === undefined)
  if (liar !== undefined) {
    for (const { sink } of told) sink.turnOn(callId)
    return { refusedBy: liar.sink.name }
  }
  const states = SINK_NAMES.flatMap((name): SinkState[] => {
    if (name === 'agent-leg') return []
    const off = told.find(({ sink }) => sink.name === name)
    const ms = (off?.ms ?? clock.now()) - fromMs
    return [{ name, state: off === undefined ? 'absent' : 'off', by: 'control', ms: Math.round(ms) }]
  })
  return { states }
}

/** @returns when it was found to be off; undefined when it was not. */
async function isOff(sink: Sink, callId: string, clock: Clock): Promise<Milliseconds | undefined> {
  const found = (async () => (await sink.turnOff(callId)) === 'off' && (await sink.readBack(callId)) === 'off')()
  const { promise: lapsed, resolve } = Promise.withResolvers<boolean>()
  const limit = clock.after(ACKNOWLEDGED_MS, () => resolve(false))
  const off = await Promise.race([found.catch(() => false), lapsed])
  limit.cancel()
  return off ? clock.now() : undefined
}
