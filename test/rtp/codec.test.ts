import t from 'tap'
import { CODECS, type CodecName, codecNamed } from '../../src/base/units.ts'
import { createDecoder, createEncoder, createTranscoder } from '../../src/rtp/codec.ts'
import { goertzelPower, levelOf, writeSine } from '../../src/rtp/tone.ts'
import { octets, SEED, seeded } from './seeded.ts'

/** Those whose octets are samples; Opus is in opus.test.ts. */
const names: CodecName[] = CODECS.flatMap((codec) => (codec.bytesPerMs === 8 ? [codec.name] : []))
const PACKETS = 50

/** One second of a sine, coded, 20 ms an entry. */
function coded(name: CodecName, hz: number): Uint8Array {
  const encoder = createEncoder(name)
  const perPacket = encoder.sampleRate / 50
  const pcm = new Int16Array(encoder.sampleRate)
  writeSine(pcm, 0, pcm.length, hz, -10, encoder.sampleRate)
  const out = new Uint8Array(160 * PACKETS)
  for (let i = 0; i < PACKETS; i++) {
    const count = encoder.encode(pcm.subarray(i * perPacket), perPacket, out, i * 160)
    if (count !== 160) t.fail(`${name}: ${count} octets`)
  }
  return out
}

function levelIn(name: CodecName, payload: Uint8Array, hz: number): number {
  const decoder = createDecoder(name)
  const perPacket = decoder.sampleRate / 50
  const pcm = new Int16Array(decoder.sampleRate)
  for (let i = 0; i < PACKETS; i++) {
    const count = decoder.decode(payload, i * 160, i * 160 + 160, pcm.subarray(i * perPacket))
    if (count !== perPacket) t.fail(`${name}: ${count} samples`)
  }
  return levelOf(goertzelPower(pcm, pcm.length / 4, pcm.length / 2, hz, decoder.sampleRate))
}

t.test('rates are those of the codec table', async (t) => {
  for (const name of names) {
    t.equal(createDecoder(name).sampleRate, codecNamed(name).sampleRate)
    t.equal(createEncoder(name).sampleRate, codecNamed(name).sampleRate)
  }
})

t.test('every pair carries the telephone band at its level, packet by packet', async (t) => {
  for (const from of names) {
    for (const to of names) {
      for (const hz of [300, 1000, 3300]) {
        const payload = coded(from, hz)
        const transcoder = createTranscoder(from, to)
        const out = new Uint8Array(payload.length)
        for (let i = 0; i < PACKETS; i++) {
          const count = transcoder.run(payload, i * 160, i * 160 + 160, out, i * 160)
          if (count !== 160) t.fail(`${from} to ${to}: ${count} octets`)
        }
        const level = levelIn(to, out, hz)
        t.ok(Math.abs(level + 10) < 0.7, `${from} to ${to}, ${hz} Hz: ${level.toFixed(2)} dBm0`)
      }
    }
  }
})

t.test('wideband is not folded into a narrow codec', async (t) => {
  const payload = coded('G722', 6000)
  const out = new Uint8Array(payload.length)
  createTranscoder('G722', 'PCMA').run(payload, 0, payload.length, out, 0)
  const level = levelIn('PCMA', out, 2000)
  t.ok(level < -55, `6000 Hz comes as 2000 Hz at ${level.toFixed(1)} dBm0`)
})

t.test('the same codec is a copy', async (t) => {
  const payload = octets(seeded(3), 200)
  for (const name of names) {
    const out = new Uint8Array(210)
    t.equal(createTranscoder(name, name).run(payload, 5, 200, out, 3), 195)
    t.strictSame(out.subarray(3, 198), payload.subarray(5))
    t.strictSame([out[2], out[198]], [0, 0])
  }
})

t.test(
  `any payload of any length is transcoded, at the right place, block by block the same (seed ${SEED})`,
  async (t) => {
    const random = seeded(SEED)
    for (const from of names) {
      for (const to of names) {
        const payload = octets(random, 1460)
        const whole = new Uint8Array(1460)
        const pieces = new Uint8Array(1462)
        t.equal(createTranscoder(from, to).run(payload, 0, 1460, whole, 0), 1460)
        const transcoder = createTranscoder(from, to)
        for (let at = 0; at < 1460; ) {
          const n = Math.min(1460 - at, Math.floor(random() * 400))
          t.equal(transcoder.run(payload, at, at + n, pieces, at + 1), n)
          at += n
        }
        t.strictSame(pieces.subarray(1, 1461), whole, `${from} to ${to}`)
        t.strictSame([pieces[0], pieces[1461]], [0, 0])
      }
    }
  },
)

t.test('reset and wipe leave nothing of the sound before', async (t) => {
  const payload = coded('G722', 1000)
  for (const from of names) {
    for (const to of names) {
      for (const way of ['reset', 'wipe'] as const) {
        const used = createTranscoder(from, to)
        used.run(payload, 0, 1000, new Uint8Array(1000), 0)
        used[way]()
        const again = new Uint8Array(500)
        const first = new Uint8Array(500)
        used.run(payload, 0, 500, again, 0)
        createTranscoder(from, to).run(payload, 0, 500, first, 0)
        t.strictSame(again, first, `${from} to ${to}, ${way}`)
      }
    }
  }
  for (const name of names) {
    const decoder = createDecoder(name)
    const encoder = createEncoder(name)
    const heard = new Int16Array(1000)
    const heardAgain = new Int16Array(1000)
    decoder.decode(payload, 0, 500, heard)
    for (const way of ['reset', 'wipe'] as const) {
      decoder[way]()
      decoder.decode(payload, 0, 500, heardAgain)
      t.strictSame(heardAgain, heard, `${name}: decoder, ${way}`)
      const first = new Uint8Array(500)
      const again = new Uint8Array(500)
      encoder[way]()
      encoder.encode(heard, 500, first, 0)
      encoder[way]()
      encoder.encode(heard, 500, again, 0)
      t.strictSame(again, first, `${name}: encoder, ${way}`)
    }
  }
})
