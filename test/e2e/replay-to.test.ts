import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { replayTo } from '../../src/cli/replay-to.ts'
import { loudest, stretchOf } from '../../src/demo/listening.ts'
import { createEncoder } from '../../src/rtp/codec.ts'
import { HEADER_SIZE, writeHeader } from '../../src/rtp/packet.ts'
import { pcapFileHeader, pcapUdpRecord } from '../../src/rtp/pcap.ts'
import { EVENT_PACKET_SIZE, EventSender } from '../../src/rtp/telephone-event.ts'
import { writeSine } from '../../src/rtp/tone.ts'
import { startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

const HUM_HZ = 1000
const KEYS = [5, 5, 11]
const FAR = { from: { address: '192.0.2.1', port: 4000 }, to: { address: '192.0.2.2', port: 4002 } }

/** Two seconds of a phone that hums and keys, as a capture: PCMU, telephone-event at 97, sound goes on between the events. */
function capture(): Buffer {
  const records: Uint8Array[] = [pcapFileHeader()]
  const encoder = createEncoder('PCMU')
  const pcm = new Int16Array(160 * 100)
  writeSine(pcm, 0, pcm.length, HUM_HZ, -13, 8000)
  const events = new EventSender({ ssrc: 77, payloadType: 97, sequence: 100 })
  const packet = new Uint8Array(HEADER_SIZE + 160)
  const event = new Uint8Array(EVENT_PACKET_SIZE)
  const add = (atMs: number, bytes: Uint8Array) => {
    const record = pcapUdpRecord(1_700_000_000_000 + atMs, FAR.from, FAR.to, bytes)
    if (record !== undefined) records.push(record)
  }
  for (let frame = 0; frame < 100; frame++) {
    const timestamp = frame * 160
    if (frame % 30 === 5) events.press(KEYS[Math.floor(frame / 30)] ?? 0, timestamp, 100)
    if (frame < 90) {
      const length = events.next(event)
      if (length > 0) {
        add(frame * 20, event.slice(0, length))
        continue
      }
    }
    writeHeader(packet, 0, frame === 0, events.sequence, timestamp, 77)
    events.sequence = (events.sequence + 1) & 0xffff
    encoder.encode(pcm.subarray(timestamp, timestamp + 160), 160, packet, HEADER_SIZE)
    add(frame * 20, packet.slice())
  }
  return Buffer.concat(records)
}

t.test('a capture is played as a live call, and the agent hears its sound and gets its keys', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-replay-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'call.pcap')
  writeFileSync(file, capture())
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://localhost:${validation.port}/`,
    caText: validation.authority,
  })
  const agent = await sotto.agent({ codec: 'PCMU' })
  const lines: string[] = []
  const code = await replayTo(
    {
      file,
      to: `sip:100@127.0.0.1:${sotto.sipPort}`,
      stream: undefined,
      local: TRUNK_ADDRESS,
      user: undefined,
      password: undefined,
    },
    (line) => lines.push(line),
  )
  t.equal(code, 0, lines.join('\n'))
  t.match(lines.join('\n'), /100 packets sent/)
  const ends = agent.sound.heard.filter(
    ({ payloadType, payload }) => payloadType !== 0 && ((payload[1] ?? 0) & 0x80) !== 0,
  )
  const keyed = [...new Map(ends.map(({ timestamp, payload }) => [timestamp, payload[0]])).values()]
  t.same(keyed, KEYS, 'the keys, once each, in order')
  const all = stretchOf(agent.sound.heard, agent.sound.pcm(), 8000, 0, Number.POSITIVE_INFINITY)
  t.ok(loudest(all, HUM_HZ) > -16, 'its sound')
  await sotto.event(({ type }) => type === 'call.ended', 'the end of the call')
})

t.test('what cannot be played is said, and the exit code tells', async (t) => {
  const rows = [
    ['a file that is not there', '/nowhere/missing.pcap', 'sip:100@127.0.0.1', /capture/i],
    ['a file that is no capture', import.meta.filename, 'sip:100@127.0.0.1', /capture/i],
  ] as const
  for (const [sentence, file, to, says] of rows) {
    const lines: string[] = []
    const args = { file, to, stream: undefined, local: undefined, user: undefined, password: undefined }
    t.equal(await replayTo(args, (line) => lines.push(line)), 1, sentence)
    t.match(lines.join('\n'), says, sentence)
  }
})
