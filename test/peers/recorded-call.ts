/** A call that a forked media process records, and its file opened with the private key. */

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { openRtpPhone } from '../../src/demo/rtp-phone.ts'
import { pause } from '../../src/demo/waiting.ts'
import type { Recipients, RecordingEvent } from '../../src/media/contract-recording.ts'
import type { Fork } from '../../src/media/supervised.ts'
import { segmentsOf } from '../../src/record/file-segments.ts'
import { openSegment } from '../../src/record/open.ts'
import { readRecordingCertificate } from '../../src/record/recipients.ts'
import { readSegment, type Segment, type Track } from '../../src/record/segment.ts'
import { createDecoder } from '../../src/rtp/codec.ts'
import { goertzelPower, levelOf } from '../../src/rtp/tone.ts'
import { openssl } from '../record/recording-keys.ts'
import { bridge, makePool } from './media-pool.ts'

export const CALLER_HZ = 620
export const AGENT_HZ = 440
export const HEARD_DBM0 = -20
export const UNHEARD_DBM0 = -45
export const LIMIT_MS = 30_000

/** Whom recordings are sealed to, and the key that opens them. */
export type Identity = { readonly recipients: Recipients; readonly key: KeyObject }

/** @returns makes identities by their name; `tool` has their files. */
export function identities(t: Test) {
  const tool = openssl()
  t.teardown(() => tool.close())
  const keyOf = (name: string): Identity => {
    const { certificate, key } = tool.selfSigned(name)
    return {
      recipients: [readRecordingCertificate(certificate, Date.now()).recipient],
      key: createPrivateKey(key),
    }
  }
  return { tool, keyOf }
}

/** A folder that goes with the test. */
export function folderFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-recorded-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A pool that records, a bridged call in it, and a file for its recording. */
export async function recordedCall(t: Test, { recipients }: Identity, folder = folderFor(t), fork?: Fork) {
  const pool = makePool({ recipients, ...(fork === undefined ? {} : { fork }) })
  await pool.start()
  t.teardown(() => pool.close())
  const caller = await openRtpPhone({ humHz: CALLER_HZ })
  const agent = await openRtpPhone({ humHz: AGENT_HZ })
  t.teardown(() => Promise.all([caller.close(), agent.close()]))
  const events: RecordingEvent[] = []
  const bridged = await bridge(pool, caller, agent)
  const terms = { recording: 'call-1', file: join(folder, 'recordings/2026-11-28/call-1.p7m') }
  const record = () => bridged.callerPort.record(terms, (event) => events.push(event))
  return { pool, caller, agent, events, terms, record, ...bridged }
}

/** All segments of a file that the key opens. */
export function opened(file: string, { key }: Pick<Identity, 'key'>): readonly Segment[] {
  const octets = readFileSync(file)
  return [...segmentsOf((at, length) => octets.subarray(at, at + length), octets.length)].map((sealed) => {
    const segment = readSegment(openSegment(sealed, key))
    if (segment === undefined) throw new Error('no segment')
    return segment
  })
}

/** Level of a tone in the last 200 ms of a track, dBm0. */
export function levelIn(segments: readonly Segment[], track: Track, hz: number): number {
  const decoder = createDecoder('PCMA')
  const out = new Int16Array(160)
  const all = segments
    .flatMap(({ entries }) => entries)
    .flatMap((entry) => {
      if (entry.kind !== 'sound' || entry.track !== track) return []
      return [...out.subarray(0, decoder.decode(entry.payload, 0, entry.payload.length, out))]
    })
  if (all.length < 1600) return -100
  return levelOf(goertzelPower(Int16Array.from(all.slice(-1600)), 0, 1600, hz, 8000))
}

/** The mark that ends them, if one does. */
export const lastMark = (segments: readonly Segment[]) => {
  const last = segments.at(-1)?.entries.at(-1)
  return last?.kind === 'mark' ? last.mark : undefined
}
/** Packets that a port has recorded. */
export const packetsOf = async (port: { stats(): Promise<{ recorded?: { packets: number } | undefined }> }) =>
  (await port.stats()).recorded?.packets ?? 0

/** Waits until a port has recorded so many. */
export async function untilRecorded(port: Parameters<typeof packetsOf>[0], packets: number): Promise<void> {
  let now = 0
  const endMs = performance.now() + LIMIT_MS
  while (now < packets) {
    if (performance.now() > endMs) throw new Error(`${now} of ${packets} packets recorded`)
    await pause(20)
    now = await packetsOf(port)
  }
}
