/** Captured callers and what they keyed: those beside the tests, those of the whole collection where it lies beside the project, and some that are made. */

import { existsSync, readFileSync } from 'node:fs'
import { readConfig } from '../../src/base/config.ts'
import { flowFolderOf, planOf } from '../../src/flow/index.ts'
import { type Caller, findCaller } from '../../src/replay/caller.ts'
import { type Impairment, UNIMPAIRED } from '../../src/replay/impairment.ts'
import { type LogLine, rehearse } from '../../src/replay/rehearsal.ts'
import * as rtp from '../../src/rtp/packet.ts'
import type { Capture } from '../../src/rtp/pcap.ts'
import { parseCapture } from '../../src/rtp/pcapng.ts'
import { fileOf } from '../scrub/calls.ts'
import { byEvents, byRedundantEvents, byTones, FLOWS } from './golden-cases.ts'

export type DigitCapture = {
  readonly name: string
  readonly capture: Capture
  readonly caller: Caller
  /** What was keyed. */
  readonly keys: string
  readonly by: 'events' | 'redundant events' | 'tones'
}

const KEYS = '0123456789*#ABCD'
const BESIDE = new URL('../fixtures/captures/', import.meta.url)
const COLLECTION = new URL('../../../shared/corpus/captures/', import.meta.url)
const CARD = '4111111111111111#1230#123#'

/** @returns all there are. @throws Error when one cannot be read. */
export function digitCaptures(): readonly DigitCapture[] {
  const real: [string, URL, string][] = [
    ['dtmf_2833_5.pcap', BESIDE, '5'],
    ['dtmf_2833_star.pcap', BESIDE, '*'],
    ['dtmfcapture1.pcap', BESIDE, '2'],
    ['ulaw-2013785496.pcap', BESIDE, '2013785496'],
  ]
  const truth = new URL('truth.json', COLLECTION)
  if (existsSync(truth)) {
    const { files } = JSON.parse(readFileSync(truth, 'utf8')) as {
      files: Record<string, { rtp_streams?: { digits?: string }[] }>
    }
    for (const [name, { rtp_streams = [] }] of Object.entries(files)) {
      const digits = rtp_streams.flatMap((stream) => stream.digits ?? [])
      if (digits[0] !== undefined && !real.some(([known]) => known === name)) real.push([name, COLLECTION, digits[0]])
    }
  }
  return [
    ...real.map(([name, folder, keys]) => digitCapture(name, readFileSync(new URL(name, folder)), keys, 'events')),
    digitCapture('a card by events', fileOf(byEvents()), CARD, 'events'),
    digitCapture('a card by redundant events', fileOf(byRedundantEvents()), CARD, 'redundant events'),
    ...(['PCMU', 'PCMA', 'G722'] as const).map((codec) =>
      digitCapture(`a card by tones in ${codec}`, fileOf(byTones(codec)), CARD, 'tones'),
    ),
  ]
}

function digitCapture(name: string, bytes: Uint8Array, keys: string, by: DigitCapture['by']): DigitCapture {
  const capture = parseCapture(bytes)
  const caller = capture === undefined ? undefined : findCaller(capture)
  if (capture === undefined || caller === undefined) throw new Error(`no caller in ${name}`)
  return { name, capture, caller, keys, by }
}

const outcome = readConfig({ ...FLOWS, read: (path) => readFileSync(path, 'utf8') })
if ('problems' in outcome) throw new Error('the configuration as it comes is not good')
const { secureInput } = outcome.config
const found = flowFolderOf(() => secureInput, FLOWS.shippedFolder).find('card-payment')
if (found.result !== 'found') throw new Error('no flow for cards')

/** The shipped flow for cards, with so much time that no session ends before its caller has keyed. */
const PLAN = planOf({
  flow: found.flow,
  defaults: { ...secureInput, firstDigitSeconds: 60, interDigitSeconds: 60 },
  transactionId: 'replay',
  form: [],
  withDesk: false,
  validation: {
    host: 'replay.invalid',
    port: 443,
    path: '/',
    authorities: [],
    timeoutMs: 10_000,
    format: 'xml',
    reply: 'strict',
    pins: [],
    retry: 'never',
    retries: 0,
  },
})

export type Told = { readonly keys: string; readonly accepted: boolean; readonly log: readonly LogLine[] }

/** What a session is told by a caller. Up to the wipe: a keypad that was wiped knows an old press no more, and nobody asks for keys any more. */
export function told(caller: Caller, impairment: Impairment = UNIMPAIRED): Told {
  const begunMs = Date.UTC(2026, 5, 15)
  const beginMs = Math.max(0, (caller.firstKeyMs ?? 0) - 1000)
  const { log } = rehearse({
    caller,
    plan: PLAN,
    verdict: 'accepted',
    beginMs,
    capturedMs: begunMs,
    promptMs: 1000,
    impairment,
  })
  const wiped = log.findIndex((line) => 'event' in line && line.event.type === 'wiped')
  const before = log.slice(0, wiped < 0 ? log.length : wiped)
  const last = log[wiped]
  return {
    keys: before.map((line) => ('key' in line ? KEYS.charAt(line.key) : '')).join(''),
    accepted:
      last !== undefined && 'event' in last && last.event.type === 'wiped' && last.event.outcome.result === 'accepted',
    log,
  }
}

/** Keys of which at least one event packet is among these, in the order of the capture; a start of no length yet is no press. */
export function keysIn(caller: Caller, packets: readonly { readonly bytes: Uint8Array }[]): string {
  const type = caller.ticket.stream.receiveEventPayloadType
  const codes = new Map<number, number>()
  for (const { bytes } of caller.packets) {
    if (rtp.payloadType(bytes) !== type) continue
    codes.set(rtp.timestamp(bytes), bytes[rtp.payloadStart(bytes)] as number)
  }
  const isPress = (bytes: Uint8Array): boolean => {
    const at = rtp.payloadStart(bytes)
    return rtp.payloadType(bytes) === type && ((bytes[at + 2] as number) | (bytes[at + 3] as number)) > 0
  }
  const come = new Set(packets.filter(({ bytes }) => isPress(bytes)).map(({ bytes }) => rtp.timestamp(bytes)))
  return Array.from(codes, ([timestamp, code]) => (come.has(timestamp) ? KEYS.charAt(code) : '')).join('')
}

/** Whether `part` is what is left of `whole` when some of it is taken out. */
export function isPart(part: string, whole: string): boolean {
  let at = 0
  for (const key of whole) if (key === part[at]) at++
  return at === part.length
}
