/**
 * Telephone-events (RFC 4733) in descriptions: which payload types, in which clock, with redundancy (RFC 2198) or without.
 *
 * Redundancy is taken when it is offered for telephone-events alone, and never offered: not every far end can read it.
 */

import { FIRST_DYNAMIC, TELEPHONE_EVENT_48000_PAYLOAD_TYPE, TELEPHONE_EVENT_PAYLOAD_TYPE } from '../base/units.ts'
import type { SdpAudio, SdpPayload } from './sdp.ts'

export type EventPayloadType = {
  /** The number in packets we receive. */
  readonly payloadType: number
  readonly clockRate: number
  /** The number in packets we send, when it differs. */
  readonly sendPayloadType?: number
  /** The number in packets we receive that bring older events along (RFC 2198); we send none. */
  readonly redundantPayloadType?: number
}

/** Events 0 to 15 are the sixteen keys (RFC 4733 section 3.2). */
const KEYS = '0-15'
const EVENT = 'TELEPHONE-EVENT'
const REDUNDANCY = 'RED'

/**
 * @returns the events that an offer of ours has: those in use, and one for each clock of our codecs that they lack (RFC 4733 section
 * 2.1: events count in the clock of the sound beside them). @param taken numbers that are something else.
 */
export function offeredEvents(
  clockRates: Iterable<number>,
  taken: readonly number[],
  inUse: readonly EventPayloadType[] | undefined,
): readonly EventPayloadType[] {
  const events = [...(inUse ?? [])]
  for (const clockRate of [...clockRates].sort((a, b) => a - b)) {
    if (events.some((row) => row.clockRate === clockRate)) continue
    const usual = clockRate === 8000 ? TELEPHONE_EVENT_PAYLOAD_TYPE : TELEPHONE_EVENT_48000_PAYLOAD_TYPE
    events.push({ payloadType: freePayloadType(usual, [...taken, ...events.flatMap(eventNumbers)]), clockRate })
  }
  return events
}

/** @returns the numbers under which a description has them. */
export function eventNumbers({ payloadType, redundantPayloadType }: EventPayloadType): number[] {
  return redundantPayloadType === undefined ? [payloadType] : [payloadType, redundantPayloadType]
}

/** @returns the wanted dynamic number, or the highest that is free when it is taken. */
export function freePayloadType(wanted: number, taken: readonly number[]): number {
  if (!taken.includes(wanted)) return wanted
  for (let number = 127; number > FIRST_DYNAMIC; number--) if (!taken.includes(number)) return number
  return FIRST_DYNAMIC
}

/** @returns the payloads that describe them, redundancy last. */
export function describeEvents(events: readonly EventPayloadType[]): SdpPayload[] {
  return [
    ...events.map(({ payloadType, clockRate }) => keys(payloadType, clockRate)),
    ...events.flatMap(({ payloadType, clockRate, redundantPayloadType }) =>
      redundantPayloadType === undefined ? [] : [redundancy(redundantPayloadType, payloadType, clockRate)],
    ),
  ]
}

/** telephone-event at the clock rate of the codec; if the far end has none there, the first it has (RFC 4733 section 2.4.1). */
export function eventsOf(audio: SdpAudio, codecRate: number): EventPayloadType[] {
  const events = audio.payloads.filter((row) => row.name === EVENT && row.channels === 1 && row.clockRate >= 1000)
  const matching = events.filter((row) => row.clockRate === codecRate)
  return (matching.length === 0 ? events.slice(0, 1) : matching).map(({ payloadType, clockRate }) => {
    const redundantPayloadType = redundantOf(audio, payloadType, clockRate)
    return { payloadType, clockRate, ...(redundantPayloadType === undefined ? {} : { redundantPayloadType }) }
  })
}

/**
 * Pairs the events of an answer with those we offered: received under our number, sent under theirs. Those in the clock of the chosen
 * codec when the answer has any, else whatever it has.
 */
export function answeredEvents(
  audio: SdpAudio,
  offered: readonly EventPayloadType[],
  codecRate: number,
): EventPayloadType[] {
  const answered = offered.flatMap((ours) => pairOf(audio, ours) ?? [])
  const matching = answered.filter((row) => row.clockRate === codecRate)
  return matching.length === 0 ? answered : matching
}

function pairOf(audio: SdpAudio, ours: EventPayloadType): EventPayloadType | undefined {
  const { payloadType, clockRate, redundantPayloadType } = ours
  const answered = audio.payloads.find((row) => row.name === EVENT && row.clockRate === clockRate)
  if (answered === undefined) return undefined
  const redundant = redundantOf(audio, answered.payloadType, clockRate) !== undefined
  return {
    payloadType,
    clockRate,
    ...(answered.payloadType === payloadType ? {} : { sendPayloadType: answered.payloadType }),
    ...(redundant && redundantPayloadType !== undefined ? { redundantPayloadType } : {}),
  }
}

function keys(payloadType: number, clockRate: number): SdpPayload {
  return { payloadType, name: EVENT, clockRate, channels: 1, fmtp: KEYS }
}

/** Events, and one older generation of them (RFC 2198 section 5). */
function redundancy(payloadType: number, events: number, clockRate: number): SdpPayload {
  return { payloadType, name: REDUNDANCY, clockRate, channels: 1, fmtp: `${events}/${events}` }
}

/** @returns the number under which a description has redundancy of these events and of nothing else. */
function redundantOf(audio: SdpAudio, events: number, clockRate: number): number | undefined {
  return audio.payloads.find(
    ({ name, clockRate: clock, channels, fmtp }) =>
      name === REDUNDANCY &&
      clock === clockRate &&
      channels === 1 &&
      fmtp?.split('/').every((number) => number.trim() === String(events)),
  )?.payloadType
}
