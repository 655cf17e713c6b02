/** Opus as a codec of ours: lengths of packets, the sound of both encoders, seams between clips, and what is made of losses. */

import t from 'tap'
import { soundMs } from '../../src/rtp/codec.ts'
import { DtmfReceiver } from '../../src/rtp/dtmf-receiver.ts'
import { levelDbm0 } from '../../src/rtp/level.ts'
import { OPUS_CLIP_FRAME, OpusDecoder, OpusEncoder } from '../../src/rtp/opus.ts'
import { LOW_DELAY, opusEngine, SAMPLES_MAX, VOIP } from '../../src/rtp/opus-engine.ts'
import { opusUnits } from '../../src/rtp/opus-packet.ts'
import { goertzelPower, levelOf, writeKey, writeSine } from '../../src/rtp/tone.ts'
import { speechLike } from './opus-sound.ts'

const RATE = 16_000
const FRAME = 320
const WISHES = { fec: true, constantRate: false, maxPlaybackRate: 48_000 }

function packetsOf(encoder: OpusEncoder, pcm: Int16Array): Uint8Array[] {
  const packets: Uint8Array[] = []
  const out = new Uint8Array(1500)
  for (let at = 0; at + FRAME <= pcm.length; at += FRAME) {
    packets.push(out.slice(0, encoder.encode(pcm.subarray(at, at + FRAME), FRAME, out, 0)))
  }
  encoder.wipe()
  return packets
}

/** @param missing packets that did not come. @param bridged whether what is missing is made up, else silence. */
function soundOf(packets: readonly Uint8Array[], missing: (n: number) => boolean = () => false, bridged = true) {
  const decoder = new OpusDecoder(RATE)
  const out = new Int16Array(packets.length * FRAME)
  const pcm = new Int16Array(SAMPLES_MAX)
  let lost = 0
  for (const [n, packet] of packets.entries()) {
    if (missing(n)) {
      lost += FRAME
      continue
    }
    if (lost > 0 && bridged) {
      const made = decoder.bridge(lost, packet, 0, packet.length, pcm)
      out.set(pcm.subarray(0, made), n * FRAME - lost)
    }
    lost = 0
    out.set(pcm.subarray(0, decoder.decode(packet, 0, packet.length, pcm)), n * FRAME)
  }
  decoder.wipe()
  return out
}

/** The largest step from one sample to the next. */
function jumpIn(pcm: Int16Array, from = 0, to = pcm.length): number {
  let most = 0
  for (let i = from + 1; i < to; i++) most = Math.max(most, Math.abs((pcm[i] as number) - (pcm[i - 1] as number)))
  return most
}

t.test('how long a packet lasts, by its first octets', async (t) => {
  const engine = opusEngine()
  const pcm = new Int16Array(960)
  writeSine(pcm, 0, 960, 440, -10, RATE)
  const packet = new Uint8Array(1500)
  const out = new Int16Array(SAMPLES_MAX)
  const decoder = new OpusDecoder(RATE)
  const rows = [
    [LOW_DELAY, 40],
    [LOW_DELAY, 80],
    [VOIP, 160],
    [VOIP, 320],
    [VOIP, 640],
    [VOIP, 960],
  ] as const
  for (const [application, samples] of rows) {
    const encoder = engine.openEncoder(RATE, application, new Map([[4002, 24_000]]))
    const size = engine.encode(encoder, pcm, 0, samples, packet, 0, 1276)
    engine.closeEncoder(encoder)
    t.equal(opusUnits(packet, 0, size), samples * 3, `${samples / 16} ms`)
    t.equal(soundMs('OPUS', packet, 0, size), samples / 16)
    t.equal(decoder.decode(packet, 0, size, out), samples)
    if (((packet[0] as number) & 3) !== 0) continue
    // Two and three frames of the same length in one packet (RFC 6716 sections 3.2.3 and 3.2.5).
    const frame = packet.slice(1, size)
    const twice = Uint8Array.of(((packet[0] as number) & 0xfc) | 1, ...frame, ...frame)
    t.equal(opusUnits(twice, 0, twice.length), samples * 6)
    t.equal(decoder.decode(twice, 0, twice.length, out), samples * 2)
    const thrice = Uint8Array.of(((packet[0] as number) & 0xfc) | 3, 3, ...frame, ...frame, ...frame)
    const tooLong = samples * 3 > SAMPLES_MAX
    t.equal(opusUnits(thrice, 0, thrice.length), tooLong ? 0 : samples * 9)
    t.equal(decoder.decode(thrice, 0, thrice.length, out), tooLong ? 0 : samples * 3)
  }
  decoder.wipe()
  // One of each configuration of RFC 6716 table 2, with one frame.
  const lengths = Array.from({ length: 32 }, (_, config) => opusUnits(Uint8Array.of(config << 3), 0, 1) / 48)
  const silk = [10, 20, 40, 60]
  const celt = [2.5, 5, 10, 20]
  t.same(lengths, [...silk, ...silk, ...silk, 10, 20, 10, 20, ...celt, ...celt, ...celt, ...celt])
  t.equal(opusUnits(Uint8Array.of(0), 0, 0), 0)
  t.equal(opusUnits(Uint8Array.of(3), 0, 1), 0, 'a count that is missing')
  t.equal(opusUnits(Uint8Array.of(3, 0), 0, 2), 0, 'no frames')
})

t.test('both ways of coding keep the telephone band at its level', async (t) => {
  for (const hz of [300, 1000, 3300, 6000]) {
    const pcm = new Int16Array(RATE)
    writeSine(pcm, 0, pcm.length, hz, -10, RATE)
    for (const [name, encoder] of [
      ['clip', OpusEncoder.ofClips()],
      ['talk', OpusEncoder.ofTalk(WISHES)],
    ] as const) {
      const sound = soundOf(packetsOf(encoder, pcm))
      const level = levelOf(goertzelPower(sound, RATE / 4, RATE / 2, hz, RATE))
      // Talk is made for voices, which have no steady tones above 4 kHz.
      if (name === 'talk' && hz > 4000) continue
      const within = name === 'clip' ? 0.7 : 2
      t.ok(Math.abs(level + 10) < within, `${name}, ${hz} Hz: ${level.toFixed(2)} dBm0`)
    }
  }
})

t.test('what is not to be sent is not: band, size, redundancy', async (t) => {
  const pcm = speechLike(RATE)
  const tocs = (packets: readonly Uint8Array[]) => new Set(packets.slice(3).map((packet) => (packet[0] as number) >> 3))
  const clips = packetsOf(OpusEncoder.ofClips(), pcm)
  t.ok(clips.every((packet) => packet.length === OPUS_CLIP_FRAME))
  const wide = packetsOf(OpusEncoder.ofTalk(WISHES), pcm)
  t.ok(
    [...tocs(wide)].every((config) => config < 12),
    'SILK',
  )
  const narrow = packetsOf(OpusEncoder.ofTalk({ ...WISHES, maxPlaybackRate: 8000 }), pcm)
  t.same(tocs(narrow), new Set([1]), 'narrow, 20 ms')
  const even = packetsOf(OpusEncoder.ofTalk({ ...WISHES, constantRate: true }), pcm)
  t.equal(new Set(even.map((packet) => packet.length)).size, 1)
  const kbits = (wide.reduce((sum, packet) => sum + packet.length, 0) * 8) / (wide.length * 20)
  t.ok(kbits < 24.5, `${kbits.toFixed(1)} kbit/s`)
})

t.test('keys in the sound are heard after coding, all sixteen, by either encoder', async (t) => {
  for (const [name, encoder] of [
    ['clip', OpusEncoder.ofClips()],
    ['talk', OpusEncoder.ofTalk(WISHES)],
  ] as const) {
    const pcm = new Int16Array(16 * 2400 + 1600)
    for (let code = 0; code < 16; code++) writeKey(pcm, 800 + code * 2400, code, 70, -12, RATE)
    const sound = soundOf(packetsOf(encoder, pcm))
    const receiver = new DtmfReceiver(RATE)
    const keys: number[] = []
    for (let at = 0; at < sound.length; at += FRAME) {
      const found = receiver.accept(sound, at, at + FRAME)
      for (let i = 0; i < found; i++) keys.push(receiver.digitAt(i))
    }
    t.same(
      keys,
      Array.from({ length: 16 }, (_, code) => code),
      name,
    )
  }
})

t.test('clips are joined, begun in the middle and left anywhere without a click', async (t) => {
  // Two tones of 500 and 700 Hz: at this level no step of theirs is larger than the second figure.
  const tone = (hz: number) => {
    const pcm = new Int16Array(RATE)
    writeSine(pcm, 0, pcm.length, hz, -16, RATE)
    return packetsOf(OpusEncoder.ofClips(), pcm)
  }
  const [low, high, talk] = [tone(500), tone(700), packetsOf(OpusEncoder.ofTalk(WISHES), speechLike(RATE))]
  const alone = Math.max(jumpIn(soundOf(low), FRAME * 3), jumpIn(soundOf(high), FRAME * 3))
  const seams = soundOf([...low.slice(0, 20), ...high.slice(7, 25), ...low.slice(31), ...high.slice(0, 10)])
  t.ok(jumpIn(seams, FRAME * 3) < 1.5 * alone, `clip to clip ${jumpIn(seams, FRAME * 3)}, alone ${alone}`)
  const voices = jumpIn(soundOf(talk))
  const mixed = soundOf([...low.slice(0, 20), ...talk.slice(10, 30), ...high.slice(9, 30)])
  const most = Math.max(alone, voices)
  t.ok(jumpIn(mixed, FRAME * 3) < 1.5 * most, `to and from talk ${jumpIn(mixed, FRAME * 3)}, alone ${most}`)
})

/** Packets 7, 27 and so on are lost: one in twenty. */
const missing = (n: number) => n % 20 === 7

/** Error against what is heard without loss, dB, in the lost packets and those behind them, whose decoding leans on them. */
function errorDb(packets: readonly Uint8Array[], bridged: boolean): number {
  const whole = soundOf(packets)
  const heard = soundOf(packets, missing, bridged)
  let signal = 0
  let error = 0
  for (let n = 7; n < packets.length; n += 20) {
    for (let i = n * FRAME; i < Math.min(whole.length, (n + 2) * FRAME); i++) {
      signal += (whole[i] as number) ** 2
      error += ((heard[i] as number) - (whole[i] as number)) ** 2
    }
  }
  return 10 * Math.log10(error / signal)
}

/** By how much the level of a lost packet is off, dB, on average; packets of silence are left out. */
function levelErrorDb(packets: readonly Uint8Array[]): number {
  const [whole, heard] = [soundOf(packets), soundOf(packets, missing)]
  const errors: number[] = []
  for (let n = 7; n < packets.length; n += 20) {
    const [right, made] = [whole, heard].map((pcm) => levelDbm0(pcm.subarray(n * FRAME, (n + 1) * FRAME)))
    if (right !== undefined && made !== undefined && right > -40) errors.push(Math.abs(right - made))
  }
  return errors.reduce((sum, error) => sum + error, 0) / errors.length
}

t.test(
  'one packet in twenty lost is hardly heard: by redundancy, and without it by what the decoder makes up',
  async (t) => {
    const pcm = speechLike(RATE * 20)
    const plain = packetsOf(OpusEncoder.ofTalk({ ...WISHES, fec: false }), pcm)
    const redundant = packetsOf(OpusEncoder.ofTalk(WISHES), pcm)
    const off = levelErrorDb(plain)
    t.ok(off < 4, `made up, the level is off by ${off.toFixed(1)} dB`)
    const [recovered, silent] = [errorDb(redundant, true), errorDb(redundant, false)]
    t.ok(
      recovered < silent - 6,
      `error with redundancy ${recovered.toFixed(1)} dB, with silence ${silent.toFixed(1)} dB`,
    )
    for (const packets of [plain, redundant]) {
      const most = jumpIn(soundOf(packets))
      const jump = jumpIn(soundOf(packets, missing))
      t.ok(jump < 1.3 * most, `largest step ${jump}, without loss ${most}`)
    }
  },
)

t.test('a loss is made up in whole 2.5 ms, and nothing is made of none', async (t) => {
  const [packet = new Uint8Array(0)] = packetsOf(OpusEncoder.ofTalk(WISHES), speechLike(RATE))
  for (const rate of [8000, 16_000] as const) {
    const decoder = new OpusDecoder(rate)
    const out = new Int16Array(SAMPLES_MAX)
    const step = rate / 400
    t.equal(decoder.bridge(step - 1, packet, 0, packet.length, out), 0)
    t.equal(decoder.bridge(7 * step + 3, packet, 0, packet.length, out), 7 * step)
    t.equal(decoder.bridge(-1, packet, 0, packet.length, out), 0)
    t.equal(decoder.bridge(8 * step, packet, 0, 0, out), 8 * step, 'with nothing after it')
    decoder.wipe()
  }
})
