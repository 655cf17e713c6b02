/**
 * Captured callers, what a secure session makes of each, and where that is kept. `node scripts/make-replay-goldens.ts` writes the kept
 * files anew; whoever does looks at every line that changed, for it is a change of what callers get.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CodecName } from '../../src/base/units.ts'
import { type ReplaySessionArgs, replaySession } from '../../src/cli/replay-session.ts'
import { announcement, datagram, fileOf, press, type Record, rtp, sip, sound, tcp } from '../scrub/calls.ts'

const CAPTURES = fileURLToPath(new URL('../fixtures/captures/', import.meta.url))
const GOLDENS = fileURLToPath(new URL('../fixtures/replay/', import.meta.url))
/** The flows that come with Sotto, and its defaults. */
export const FLOWS = { shippedFolder: fileURLToPath(new URL('../../', import.meta.url)), env: {} }
/** A published test card, an expiry date and a security code, each ended by hash. */
const CARD = [...'4111111111111111#1230#123#'].map((key) => (key === '#' ? 11 : Number(key)))

export type GoldenCase = {
  readonly name: string
  readonly golden: string
  /** A file of the fixtures, or a capture that is made. */
  readonly capture: string | (() => readonly Record[])
  readonly options: Partial<ReplaySessionArgs>
}

/** By events: a key every 400 ms, with time for the sentences after each hash. */
export function byEvents(): readonly Record[] {
  let atMs = 2000
  return CARD.flatMap((code, i) => {
    const records = press(code, atMs, i * 6, atMs * 8)
    atMs += code === 11 ? 2500 : 400
    return records
  })
}

/** By tones, faster, pressing into the sentences. */
export function byTones(codec: CodecName = 'G722'): readonly Record[] {
  const tones = CARD.map((code, i) => ({ code, atMs: 2000 + i * 160, ms: 70 }))
  return sound(codec, 8000, tones)
}

/** The same in Opus, whose number is said in the description alone. */
function byTonesInOpus(): readonly Record[] {
  return [announcement('m=audio 5000 RTP/AVP 111', 'a=rtpmap:111 opus/48000/2'), ...byTones('OPUS')]
}

/** An INFO of the caller's dialog. */
function info(code: number, number: number): string {
  const body = `Signal=${code === 11 ? '#' : code}\r\nDuration=160\r\n`
  return [
    'INFO sip:100@192.0.2.2 SIP/2.0',
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1',
    'From: <sip:1@192.0.2.1>;tag=a',
    'To: <sip:100@192.0.2.2>;tag=b',
    'Call-ID: one@192.0.2.1',
    `CSeq: ${number} INFO`,
    'Content-Type: application/dtmf-relay',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}

/** By SIP INFO over UDP, every third sent again half a second later; beside it sound without a key, and the agent's own keys. */
export function byInfo(): readonly Record[] {
  let atMs = 2000
  const keys = CARD.flatMap((code, i) => {
    const text = info(code, i + 1)
    const records = [sip(atMs, text), ...(i % 3 === 0 ? [sip(atMs + 500, text)] : [])]
    atMs += code === 11 ? 2500 : 400
    return records
  })
  const other = { address: '192.0.2.2', port: 5060 }
  const agents = datagram(3100, Buffer.from(info(7, 1)), other, { address: '192.0.2.1', port: 5060 })
  return [...sound('PCMU', 16_000, []), ...keys, agents]
}

/** By SIP INFO over TCP alone, cut where no message ends: nobody captured the sound. */
function byInfoAlone(): readonly Record[] {
  let sequence = 1000
  return CARD.flatMap((code, i) => {
    const text = info(code, i + 1)
    const atMs = 2000 + i * 600
    const parts = [text.slice(0, 90), text.slice(90, -20), text.slice(-20)]
    return parts.map((part, n) => {
      const record = tcp(atMs + n, sequence, part)
      sequence += part.length
      return record
    })
  })
}

/** By events in a clock of 48000 inside RFC 2198 packets, each with the one before it. */
export function byRedundantEvents(): readonly Record[] {
  const lines = ['m=audio 5000 RTP/AVP 8 101 102', 'a=rtpmap:101 telephone-event/48000', 'a=rtpmap:102 red/48000']
  let atMs = 2000
  let sequence = 0
  const keys = CARD.flatMap((code) => {
    const event = (n: number) => [code, (n === 5 ? 0x80 : 0) | 10, (n * 960) >> 8, (n * 960) & 0xff]
    const records = [1, 2, 3, 4, 5].map((n) => {
      const older = n === 1 ? [] : [0x80 | 101, 0, 0, 4]
      const payload = Uint8Array.from([...older, 101, ...(n === 1 ? [] : event(n - 1)), ...event(n)])
      return datagram(atMs + n * 20, rtp(102, sequence++, atMs * 48, payload))
    })
    atMs += code === 11 ? 2500 : 400
    return records
  })
  return [announcement(...lines), ...keys]
}

/** Six keys of a code that was sent to the caller. */
function oneTimeCode(): readonly Record[] {
  return [3, 1, 4, 1, 5, 9].flatMap((code, i) => press(code, 2000 + i * 400, i * 6, (2000 + i * 400) * 8))
}

const WORSE = 'loss=10,bursts=1,burst=3,duplicates=5,reordering=5,jitter=60,seed=7'

const CASES: readonly Omit<GoldenCase, 'golden'>[] = [
  { name: 'one key of a SIP tester', capture: 'dtmf_2833_5.pcap', options: {} },
  { name: 'ten keys that return through the microphone', capture: 'ulaw-2013785496.pcap', options: {} },
  { name: 'a carrier that goes on sending sound between events', capture: 'dtmfcapture1.pcap', options: {} },
  { name: 'a card by events', capture: byEvents, options: {} },
  { name: 'a card by events, declined', capture: byEvents, options: { verdict: 'declined' } },
  { name: 'a card by events, no service', capture: byEvents, options: { verdict: 'failed' } },
  { name: 'a card by events on a worse network', capture: byEvents, options: { impair: WORSE } },
  { name: 'a card by tones', capture: () => byTones(), options: {} },
  { name: 'a card by tones in Opus', capture: byTonesInOpus, options: {} },
  { name: 'a card by INFO', capture: byInfo, options: {} },
  { name: 'a card by INFO alone', capture: byInfoAlone, options: {} },
  { name: 'a card by redundant events of another clock', capture: byRedundantEvents, options: {} },
  { name: 'a one-time code', capture: oneTimeCode, options: { flow: 'one-time-code@1' } },
  { name: 'a session that begins too late', capture: byEvents, options: { beginSeconds: 5 } },
]

export const GOLDEN_CASES: readonly GoldenCase[] = CASES.map((one) => ({
  ...one,
  golden: join(GOLDENS, `${one.name.replace(/\W+/g, '-')}.json`),
}))

/** @returns what the command prints. */
export async function replayed({ capture, options }: GoldenCase): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'replay-'))
  try {
    const file = typeof capture === 'string' ? join(CAPTURES, capture) : join(folder, 'made.pcap')
    if (typeof capture !== 'string') await writeFile(file, fileOf(capture()))
    const lines: string[] = []
    const args: ReplaySessionArgs = {
      file,
      stream: undefined,
      flow: 'card-payment',
      flowsScope: FLOWS,
      verdict: 'accepted',
      beginSeconds: undefined,
      promptMs: 1000,
      impair: undefined,
      showDigits: false,
      json: true,
      ...options,
    }
    await replaySession(args, (line) => lines.push(line))
    return `${lines.join('\n')}\n`
  } finally {
    await rm(folder, { recursive: true })
  }
}
