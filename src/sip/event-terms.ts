/**
 * Telephone-events (RFC 4733) in descriptions: which payload types, in which clock, with redundancy (RFC 2198) or without.
 *
 * Redundancy is taken when it is offered for telephone-events alone, and never offered: not every far end can read it.
 */

import { TELEPHONE_EVENT_PAYLOAD_TYPE } from '../base/units.ts'
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

/** @returns the events that an offer of ours has. @param inUse those of the session so far. */
export function offeredEvents(inUse: readonly EventPayloadType[] | undefined): readonly EventPayloadType[] {
  const usual = [{ payloadType: TELEPHONE_EVENT_PAYLOAD_TYPE, clockRate: 8000 }]
  return inUse === undefined || inUse.length === 0 ? usual : inUse
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

/** telephone-event at the clock rate of our codecs; if the far end has none there, the first it has (RFC 4733 section 2.4.1). */
export function eventsOf(audio: SdpAudio): EventPayloadType[] {
  const events = audio.payloads.filter((row) => row.name === EVENT && row.channels === 1 && row.clockRate >= 1000)
  const matching = events.filter((row) => row.clockRate === 8000)
  return (matching.length === 0 ? events.slice(0, 1) : matching).map(({ payloadType, clockRate }) => {
    const redundantPayloadType = redundantOf(audio, payloadType, clockRate)
    return { payloadType, clockRate, ...(redundantPayloadType === undefined ? {} : { redundantPayloadType }) }
  })
}

/** Pairs the events of an answer with those we offered: received under our number, sent under theirs. */
export function answeredEvents(audio: SdpAudio, inUse: readonly EventPayloadType[] | undefined): EventPayloadType[] {
  return offeredEvents(inUse).flatMap(({ payloadType, clockRate, redundantPayloadType }) => {
    const answered = audio.payloads.find((row) => row.name === EVENT && row.clockRate === clockRate)
    if (answered === undefined) return []
    const redundant = redundantOf(audio, answered.payloadType, clockRate) !== undefined
    return [
      {
        payloadType,
        clockRate,
        ...(answered.payloadType === payloadType ? {} : { sendPayloadType: answered.payloadType }),
        ...(redundant && redundantPayloadType !== undefined ? { redundantPayloadType } : {}),
      },
    ]
  })
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
