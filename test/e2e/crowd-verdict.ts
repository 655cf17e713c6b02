/** What must hold of each call of a crowd, judged by its events and by what was on the wire: everything that did not is named in words. */

import { foreignPackets, keysInSound, loudest, stretchOf } from '../../src/demo/listening.ts'
import { longestGapMs, seamsOf } from '../../src/demo/stream-seams.ts'
import type { TimelineEvent } from '../../src/demo/timeline.ts'
import type { CallOnWire, WireLine } from '../peers/call-wire.ts'

/** What each hears of the other: a far end that echoes makes both the same. */
export type Hums = { readonly callerHz: number; readonly agentHz: number }

export type CallTold = {
  readonly callId: string
  /** As the caller's number ends. */
  readonly number: number
  readonly events: readonly TimelineEvent[]
}

/** A time without packets, and when it ended. */
export type Gap = {
  readonly to: 'caller' | 'agent'
  readonly ms: number
  readonly sincePartedMs: number
  readonly sinceRejoinedMs: number
}

const HEARD_DBM0 = -25
const IN_FLIGHT_MS = 60
/** Both people are given that long to hear each other again. */
const SETTLED_MS = 600
const PACKETS_PER_MS = 0.05
/** A process that was held up for so long leaves out what waited, but for the newest packets (`src/media/stale.ts`). */
const STALL_MS = 150
const STALE_PACKETS = 4
/** Part of the packets that must have gone each way: a loaded machine sends late, and the capture begins and ends at random. */
const LEAST_PART = 0.8

/** Calls in the order in which they came, by their events. */
export function callsOf(events: readonly TimelineEvent[]): readonly CallTold[] {
  return events
    .filter(({ type }) => type === 'call.arrived')
    .map((arrived) => ({
      callId: String(arrived['callId']),
      number: Number(/^\+4930(\d+)$/.exec(String(arrived['from']))?.[1]),
      events: events.filter(({ callId }) => callId === arrived['callId']),
    }))
}

/** The first event of a type. */
export function find(events: readonly TimelineEvent[], type: string): TimelineEvent | undefined {
  return events.find((event) => event.type === type)
}

/**
 * @param offsetMs what makes milliseconds since 1970 of the times of the events.
 * @param gaps gets the longest time without a packet to the caller, and to the agent.
 * @returns what was wrong with a call, in words.
 */
export function flawsOf(
  call: CallTold,
  wire: CallOnWire | undefined,
  hums: Hums,
  offsetMs: number,
  gaps: Gap[],
): readonly string[] {
  const outcome = find(call.events, 'secure.ended')?.['outcome'] as { result?: string } | undefined
  const ending = find(call.events, 'call.ended')?.['ending']
  const flaws: string[] = []
  if (outcome?.result !== 'accepted') flaws.push(`outcome ${JSON.stringify(outcome)}`)
  if (ending !== 'caller-hung-up') flaws.push(`ended: ${String(ending)}`)
  if (wire === undefined) return [...flaws, 'not on the wire']
  const at = (type: string): number => (find(call.events, type)?.atMs ?? Number.NaN) + offsetMs
  const [parted, rejoined, ended] = [at('secure.parted'), at('secure.rejoined'), at('call.ended')]
  for (const to of ['caller', 'agent'] as const) {
    const { packets } = between(wire[`${to}Out`], parted - SETTLED_MS, ended - SETTLED_MS)
    const ms = longestGapMs(packets)
    const end = packets.findIndex((packet, i) => i > 0 && packet.arrivedMs - (packets[i - 1]?.arrivedMs ?? 0) >= ms)
    const atMs = packets[end]?.arrivedMs ?? Number.NaN
    gaps.push({ to, ms, sincePartedMs: atMs - parted, sinceRejoinedMs: atMs - rejoined })
  }
  return [
    ...flaws,
    // The event's time is known here to a millisecond or so, and one packet would be too many: up to the socket's return, at the latest.
    ...apartFlaws(
      wire,
      hums,
      parted + IN_FLIGHT_MS,
      rejoined - Number(find(call.events, 'secure.rejoined')?.['gapMs']),
    ),
    ...togetherFlaws(wire, hums, rejoined, ended),
  ]
}

function between(line: WireLine, fromMs: number, toMs: number) {
  return stretchOf(line.heard, line.pcm, line.sampleRate, fromMs, toMs)
}

/** While they are parted: neither hears the other, and no key is on the agent's leg. */
function apartFlaws(wire: CallOnWire, hums: Hums, fromMs: number, toMs: number): readonly string[] {
  const [toAgent, toCaller] = [between(wire.agentOut, fromMs, toMs), between(wire.callerOut, fromMs, toMs)]
  const codec = toAgent.packets[0]?.payloadType ?? -1
  const flaws: string[] = []
  if (foreignPackets(toAgent, codec) > 0) flaws.push('telephone-events to the agent')
  if (keysInSound(toAgent) > 0) flaws.push('keys in the sound to the agent')
  if (loudest(toAgent, hums.callerHz) > HEARD_DBM0) flaws.push('the agent hears the caller while parted')
  if (loudest(toCaller, hums.agentHz) > HEARD_DBM0) flaws.push('the caller hears the agent while parted')
  return flaws
}

/** After the rejoin: packets flow in all four directions, and each hears the other. */
function togetherFlaws(wire: CallOnWire, hums: Hums, rejoinedMs: number, endedMs: number): readonly string[] {
  const [fromMs, toMs] = [rejoinedMs + SETTLED_MS, endedMs - SETTLED_MS]
  const least = (toMs - fromMs) * PACKETS_PER_MS * LEAST_PART
  const flaws = Object.entries(wire).flatMap(([name, line]) => {
    const { length } = between(line, fromMs, toMs).packets
    return length > 0 && length >= least ? [] : [`${name}: ${length} packets in ${toMs - fromMs} ms`]
  })
  if (loudest(between(wire.agentOut, fromMs, toMs), hums.callerHz) <= HEARD_DBM0)
    flaws.push('the agent does not hear the caller')
  if (loudest(between(wire.callerOut, fromMs, toMs), hums.agentHz) <= HEARD_DBM0)
    flaws.push('the caller does not hear the agent')
  for (const [name, source] of [
    ['callerOut', 'agentIn'],
    ['agentOut', 'callerIn'],
  ] as const)
    flaws.push(...seamsIn(wire[name].heard, wire[source].heard).map((seam) => `${name}: ${seam}`))
  return flaws
}

/**
 * Seams that are ours: not where sound was left out after a stall of the whole process, whose numbers are left out too, and not where the far end of
 * the other leg itself left numbers out, which a relay passes on.
 */
function seamsIn(heard: WireLine['heard'], source: WireLine['heard']): readonly string[] {
  return seamsOf(heard).filter((seam) => {
    const place = Number(/^packet (\d+): sequence steps by [2-9]\d*$/.exec(seam)?.[1] ?? Number.NaN)
    const packet = heard[place]
    if (packet === undefined) return true
    if (longestGapMs(heard.slice(Math.max(0, place - STALE_PACKETS), place + 1)) >= STALL_MS) return false
    const near = source.filter(({ arrivedMs }) => Math.abs(arrivedMs - packet.arrivedMs) < STALL_MS)
    return !seamsOf(near).some((other) => /sequence steps by [2-9]/.test(other))
  })
}
