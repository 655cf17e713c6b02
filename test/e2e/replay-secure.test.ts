/**
 * Every captured caller once more, as a live call with a secure session under way when the first key comes: the vault is told each key, and the
 * agent gets no event and no tone of any, from the first packet of the call to the last. Also on a worse network. Those whose keys come back through
 * their own microphone are among them.
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { codecNamed } from '../../src/base/units.ts'
import { replayTo } from '../../src/cli/replay-to.ts'
import { foreignPackets, keysInSound, stretchOf } from '../../src/demo/listening.ts'
import type { Phone } from '../../src/demo/phone.ts'
import type { TimelineEvent } from '../../src/demo/timeline.ts'
import type { Arrival } from '../../src/replay/impairment.ts'
import { impair, UNIMPAIRED } from '../../src/replay/impairment.ts'
import { createEncoder } from '../../src/rtp/codec.ts'
import { ComfortNoise } from '../../src/rtp/comfort-noise.ts'
import { HEADER_SIZE, sequence, ssrc, timestamp, writeHeader } from '../../src/rtp/packet.ts'
import { pcapFileHeader, pcapUdpRecord } from '../../src/rtp/pcap.ts'
import { type Sotto, startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'
import { type DigitCapture, digitCaptures, told } from '../replay/digit-captures.ts'

const AGENTS_CODEC = 'PCMU'
/** Time in which the call is answered and the session begins, on a busy machine too. */
const LEAD_MS = 7000
const WORSE = { ...UNIMPAIRED, seed: 11, loss: 0.1, bursts: 0.01, duplicates: 0.05, reordering: 0.05, jitterMs: 60 }
/** Calls at once. */
const AT_ONCE = 8
const LIMIT_MS = 60_000

type Story = { readonly name: string; readonly from: DigitCapture; readonly packets: readonly Arrival[] }

t.setTimeout(300_000)

/** Soft noise with the numbers before those of the first packet, then the packets: as a file. */
function withLead({ from: { caller }, packets }: Story): Buffer {
  const { codec, receivePayloadType } = caller.ticket.stream
  const end = { address: caller.address, port: caller.port }
  const [first] = caller.packets
  if (first === undefined) throw new Error('no packets')
  const encoder = createEncoder(codec)
  const frame = encoder.sampleRate / 50
  const pcm = new Int16Array(frame)
  const noise = new ComfortNoise(-60, 3)
  const record = (atMs: number, bytes: Uint8Array) =>
    pcapUdpRecord(1_700_000_000_000 + atMs, end, { address: '192.0.2.2', port: 4002 }, bytes) ?? new Uint8Array(0)
  const count = LEAD_MS / 20
  const lead = Array.from({ length: count }, (_, i) => {
    const back = count - i
    const packet = new Uint8Array(HEADER_SIZE + 160)
    const at = (timestamp(first.bytes) - back * 160) >>> 0
    writeHeader(packet, receivePayloadType, i === 0, (sequence(first.bytes) - back) & 0xffff, at, ssrc(first.bytes))
    noise.fill(pcm, frame)
    encoder.encode(pcm, frame, packet, HEADER_SIZE)
    return record(i * 20, packet)
  })
  const fromMs = LEAD_MS - (packets[0]?.atMs ?? 0)
  return Buffer.concat([pcapFileHeader(), ...lead, ...packets.map(({ atMs, bytes }) => record(fromMs + atMs, bytes))])
}

/** What the desk is told of keys: of which field, and how many. */
function progressOf(events: readonly { readonly type?: unknown; readonly field?: unknown; readonly keys?: unknown }[]) {
  return events.flatMap(({ type, field, keys }) =>
    type === 'progress' || type === 'secure.progress' ? [`${field}:${keys}`] : [],
  )
}

/** Plays one of them to an agent of its own, with a session under way. */
async function play(sotto: Sotto, story: Story, number: number, agent: Phone, folder: string, from: number) {
  const file = join(folder, `${number}.pcap`)
  writeFileSync(file, withLead(story))
  const account = number === 100 ? 'agent' : `agent-${number - 99}`
  const lines: string[] = []
  const target = { file, to: `sip:${number}@127.0.0.1:${sotto.sipPort}`, stream: undefined, local: TRUNK_ADDRESS }
  const played = replayTo({ ...target, user: undefined, password: undefined }, (line) => lines.push(line))
  const bridged = await sotto.event(
    ({ type, agent: to }) => type === 'call.bridged' && to === account,
    `${story.name}: bridged`,
    LIMIT_MS,
    from,
  )
  const callId = String(bridged['callId'])
  const started = await sotto.startSecureSession(callId)
  const own = (type: string) =>
    sotto.event((event) => event.type === type && event['callId'] === callId, `${story.name}: ${type}`, LIMIT_MS)
  await own('secure.asking')
  const code = await played
  await own('call.ended')
  const events = sotto.events.filter((event: TimelineEvent) => event['callId'] === callId)
  const heard = stretchOf(agent.sound.heard, agent.sound.pcm(), 8000, 0, Number.POSITIVE_INFINITY)
  return { story, code, lines, started, events, heard }
}

/** What a receiver that others wrote makes out of the sound. */
function keysByMultimon(pcm: Int16Array, folder: string): string {
  const [raw, resampled] = [join(folder, 'agent.raw'), join(folder, 'agent22.raw')]
  writeFileSync(raw, new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength))
  const given = ['-t', 'raw', '-r', '8000', '-e', 'signed', '-b', '16', '-c', '1']
  execFileSync('sox', ['-G', ...given, raw, '-r', '22050', resampled], { stdio: 'ignore' })
  const said = execFileSync('multimon-ng', ['-q', '-a', 'DTMF', '-t', 'raw', resampled], { encoding: 'utf8' })
  return Array.from(said.matchAll(/DTMF: (.)/g), ([, key]) => key).join('')
}

t.test('the vault hears every key of every capture, and the agent none', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-replay-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  // What is agreed on is telephone-event without redundancy: that is not offered by the phone that plays.
  const captures = digitCaptures().filter(({ by }) => by !== 'redundant events')
  const stories = captures.flatMap((from): Story[] => [
    { name: from.name, from, packets: from.caller.packets },
    ...(from.by === 'events'
      ? [{ name: `${from.name}, worse`, from, packets: impair(from.caller.packets, WORSE) }]
      : []),
  ])
  const sotto = await startSotto(t, {
    validationUrl: `https://localhost:${validation.port}/`,
    caText: validation.authority,
    phones: AT_ONCE,
  })
  const cards = stories.filter(({ from }) => from.keys.length > 20).length
  for (let at = 0; at < stories.length; at += AT_ONCE) {
    const batch = stories.slice(at, at + AT_ONCE)
    const from = sotto.events.length
    const agents = await Promise.all(
      batch.map((_, i) =>
        sotto.agent({
          codec: AGENTS_CODEC,
          user: i === 0 ? 'agent' : `agent-${i + 1}`,
          password: `agent-password-${i + 1}`,
        }),
      ),
    )
    const played = await Promise.all(
      batch.map((story, i) => play(sotto, story, 100 + i, agents[i] as Phone, folder, from)),
    )
    for (const agent of agents) await agent.close()
    for (const { story, code, lines, started, events, heard } of played) {
      const { name, from: capture, packets } = story
      t.equal(code, 0, `${name}: ${lines.join('; ')}`)
      t.match(started, { status: /^20/ }, `${name}: the session`)
      const offline = told({ ...capture.caller, packets }).log.flatMap((line) => ('event' in line ? [line.event] : []))
      t.same(progressOf(events), progressOf(offline), `${name}: every key is counted`)
      t.ok(heard.packets.length > LEAD_MS / 20 / 2, `${name}: the agent heard ${heard.packets.length} packets`)
      t.equal(foreignPackets(heard, codecNamed(AGENTS_CODEC).payloadType), 0, `${name}: no event`)
      t.equal(keysInSound(heard), 0, `${name}: no tone`)
      t.equal(keysByMultimon(heard.pcm, folder), '', `${name}: no tone for multimon-ng`)
    }
  }
  t.equal(validation.requests.length, cards)
  for (const { body } of validation.requests) t.match(body.toString('utf8'), 'value="4111111111111111"')
})
