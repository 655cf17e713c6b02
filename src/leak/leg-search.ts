/**
 * Everything that went over the wire during a call, searched: octets, keys on every leg but the caller's own, tones hidden in what the agent
 * heard, and a cadence or a shape of packets that follows the keys. Works on a capture that is read once; what is not in it is told.
 */

import * as rtp from '../rtp/packet.ts'
import type { RtpStream } from '../rtp/stream-finder.ts'
import type { CapturePress } from './capture-finds.ts'
import { HeardPackets } from './heard-packets.ts'
import { hiddenTonesChance, isHidden } from './hidden-tones.ts'
import type { Find } from './memory-search.ts'
import type { Needle } from './needles.ts'
import { looked, notSearched, type SinkReport } from './report.ts'
import { type CaptureSearch, searchCapture } from './search-capture.ts'
import { soundOf } from './stream-sound.ts'
import { timingVerdict } from './timing.ts'
import type { Captured } from './wire-capture.ts'

export type Legs = {
  /** Addresses that callers send from, or one address with its port: what comes from there is the caller's own leg, and holds the keys. */
  readonly callers: readonly string[]
  /** Addresses that the server sends sound from: nobody else's legs are looked at. */
  readonly servers: readonly string[]
  /** No key is pressed on any other leg while this is captured, so that a single one counts; on a busy server only the number does. */
  readonly nobodyElseKeys: boolean
  /** Where the agent's phone is, address and port, when that is known: the legs of other calls are not listened to then. */
  readonly agent?: string | undefined
}

const WIRE = 'everything on the wire'
const KEYS = 'RTP legs: events, tones, INFO'
const HIDDEN = 'RTP legs: tones below other sound'
const CADENCE = 'RTP legs: cadence and shape'

/** @returns a report for each of the four sinks; each tells what of it was not seen. @throws Error when the capture cannot be read. */
export function searchLegs(captured: Captured, needles: readonly Needle[], legs: Legs): readonly SinkReport[] {
  const heard = new HeardPackets((segment) => isServers(segment, legs))
  const found = searchCapture(captured, needles, (segment) => heard.keep(segment))
  const missing = captured.missing()
  return reportsOn(found, legs).map((report) => {
    const whys = [report.unsearched, missing, report.sink === WIRE ? '' : heard.missing()]
    const others = report.sink === KEYS && heard.passedBy > 0 ? `, ${heard.passedBy} packets of others passed by` : ''
    return { ...report, looked: report.looked + others, unsearched: whys.filter(Boolean).join(', and ') }
  })
}

function reportsOn(found: CaptureSearch, legs: Legs): readonly SinkReport[] {
  const isCallers = ({ from }: { readonly from: string }): boolean => isAt(from, legs.callers)
  const presses = found.presses.filter((press) => isServers(press, legs))
  const own = presses.filter(isCallers)
  const heard = own.filter((press, i) => !own.slice(0, i).some((other) => isSamePress(press, other)))
  if (heard.length === 0) {
    const why = `no key of the caller was captured, so that the capture proves nothing (${found.segments} packets)`
    return [WIRE, KEYS, HIDDEN, CADENCE].map((sink) => notSearched(sink, why))
  }
  const octets = found.finds.filter((find) => !isCallers(find) && find.over !== 'keys')
  const keys = found.finds.filter((find) => !isCallers(find) && find.over === 'keys')
  const others = legs.nobodyElseKeys ? presses.filter((press) => !isCallers(press)) : []
  const all = found.streams.filter((stream) => isServers(stream, legs))
  const { agent } = legs
  const streams = all.filter((stream) =>
    agent === undefined ? !isCallers(stream) && !isToCaller(stream, legs) : stream.to === agent,
  )
  return [
    looked(WIRE, `${found.segments} packets`, octets.map(asFind)),
    looked(KEYS, `${all.length} streams, ${heard.length} keys on the caller's`, [
      ...keys.map(asFind),
      ...others.map((press) => ({ form: `a key as ${press.by}`, where: way(press) })),
    ]),
    hiddenReport(streams, heard),
    cadenceReport(streams, heard, legs),
  ]
}

function hiddenReport(streams: readonly RtpStream[], presses: readonly CapturePress[]): SinkReport {
  const chances = streams.flatMap((stream) => {
    const sound = soundOf(stream)
    return sound === undefined ? [] : [{ stream, chance: hiddenTonesChance(sound, presses) }]
  })
  if (chances.length === 0) return notSearched(HIDDEN, 'no stream of sound beside the caller\u2019s was captured')
  const finds = chances
    .filter(({ chance }) => isHidden(chance))
    .map(({ stream, chance }) => ({
      form: `tones of the keys, in their order (p ${chance.toFixed(5)})`,
      where: way(stream),
    }))
  const least = Math.min(...chances.map(({ chance }) => chance))
  return looked(HIDDEN, `${chances.length} streams, least p ${least.toFixed(3)}`, finds)
}

/** Only streams that the server sends: those of the phones have the cadence of the phones. */
function cadenceReport(
  streams: readonly RtpStream[],
  presses: readonly CapturePress[],
  { servers, nobodyElseKeys, agent }: Legs,
): SinkReport {
  const pressedMs = presses.map(({ atMs }) => atMs)
  // Agents of other calls may key as they like, which makes packets of another shape.
  const telling = nobodyElseKeys || agent !== undefined
  const finds: Find[] = []
  const said: string[] = []
  for (const stream of streams.filter(({ from }) => servers.includes(addressOf(from)))) {
    const arrivedMs = stream.packets.map(({ atMs }) => atMs)
    const from = Math.min(...pressedMs)
    const to = Math.max(...pressedMs) + 500
    const during = stream.packets.filter(({ atMs }) => atMs >= from && atMs <= to)
    const verdict = timingVerdict(during.length === 0 ? arrivedMs : during.map(({ atMs }) => atMs), pressedMs)
    if (verdict.p === undefined) continue
    said.push(`p ${verdict.p.toFixed(3)} of ${verdict.keying} and ${verdict.idle} gaps`)
    if (verdict.follows)
      finds.push({ form: `gaps that follow the keys (p ${verdict.p.toExponential(1)})`, where: way(stream) })
    const shapes = new Set(during.map(({ bytes }) => shapeOf(bytes)))
    if (shapes.size > 1 && telling)
      finds.push({ form: `packets of ${shapes.size} shapes while keys are pressed`, where: way(stream) })
  }
  if (said.length === 0) return notSearched(CADENCE, 'no stream of the server\u2019s ran on while keys were pressed')
  return looked(CADENCE, said.join(', '), finds)
}

/** What of a packet may not depend on keys: payload type, length, extension. */
function shapeOf(bytes: Uint8Array): string {
  const extended = ((bytes[0] as number) & 0x10) !== 0
  return `${rtp.payloadType(bytes)} ${bytes.length} ${extended}`
}

function isServers({ from, to }: { readonly from: string; readonly to: string }, { servers }: Legs): boolean {
  return [from, to].some((end) => servers.includes(addressOf(end)))
}

function isToCaller({ to }: RtpStream, { callers }: Legs): boolean {
  return isAt(to, callers)
}

/** The same key told as event and as tone. */
function isSamePress(a: CapturePress, b: CapturePress): boolean {
  return a.by !== b.by && a.code === b.code && Math.abs(a.atMs - b.atMs) < 120
}

function asFind({ form, from, to }: { readonly form: string; readonly from: string; readonly to: string }): Find {
  return { form, where: way({ from, to }) }
}

function way({ from, to }: { readonly from: string; readonly to: string }): string {
  return `what ${from} sent to ${to}`
}

/** Whether an end is one of some addresses, each with or without a port. */
function isAt(end: string, places: readonly string[]): boolean {
  return places.includes(end) || places.includes(addressOf(end))
}

function addressOf(end: string): string {
  return end.slice(0, end.lastIndexOf(':'))
}
