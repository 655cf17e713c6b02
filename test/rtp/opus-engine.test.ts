/** What is left in the library's memory, and what hostile packets do to it. */

import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { OpusDecoder, OpusEncoder } from '../../src/rtp/opus.ts'
import { LOW_DELAY, OpusEngine, opusEngine, SAMPLES_MAX, VOIP } from '../../src/rtp/opus-engine.ts'
import { opusUnits } from '../../src/rtp/opus-packet.ts'
import { writeKey } from '../../src/rtp/tone.ts'
import { octets, SEED, seeded } from './seeded.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const BIT_RATE = 4002
/** Where the library's own data ends for sure. */
const COMPILED_IN = 1024 * 1024
const NONE = new Uint8Array(0)
/** Kinds of encoding that reach every part of the decoder, SILK, hybrid and CELT, with the samples of a frame at 16 kHz. */
const KINDS = [
  { name: 'SILK', application: VOIP, bitRate: 16_000, samples: 320 },
  { name: 'SILK, 60 ms', application: VOIP, bitRate: 16_000, samples: 960 },
  { name: 'CELT', application: LOW_DELAY, bitRate: 64_000, samples: 320 },
  { name: 'CELT, 2.5 ms', application: LOW_DELAY, bitRate: 64_000, samples: 40 },
]

/** A key's tones, of 60 ms. */
function keySound(): Int16Array {
  const pcm = new Int16Array(960)
  writeKey(pcm, 0, 5, 60, -5, 16_000)
  return pcm
}

/** Runs packets of every kind through decoders of both rates, with losses. */
function hearEverything(engine: OpusEngine): void {
  const pcm = keySound()
  const out = new Int16Array(SAMPLES_MAX)
  const packet = new Uint8Array(1500)
  for (const { application, bitRate, samples } of KINDS) {
    const encoder = engine.openEncoder(16_000, application, new Map([[BIT_RATE, bitRate]]))
    const decoders = ([8000, 16_000] as const).map((rate) => engine.openDecoder(rate))
    for (let n = 0; n < 10; n++) {
      const size = engine.encode(encoder, pcm, 0, samples, packet, 0, 1276)
      for (const decoder of decoders) {
        engine.decode(decoder, packet, 0, size, out, 0)
        engine.decode(decoder, NONE, 0, 0, out, 160)
        engine.decode(decoder, packet, 0, size, out, 160)
      }
    }
    for (const decoder of decoders) engine.closeDecoder(decoder)
    engine.closeEncoder(encoder)
  }
}

t.test('once all is given back the memory is as it was before the first sound', async (t) => {
  const engine = new OpusEngine()
  const before = engine.memory.slice()
  hearEverything(engine)
  t.equal(engine.states, 0)
  const after = engine.memory
  t.equal(after.length, before.length)
  let changed = 0
  for (let i = 0; i < after.length; i++) if (after[i] !== before[i] && after[i] !== 0) changed++
  // What the allocator notes of the pieces that came back: their sizes and neighbours.
  t.ok(changed < 600, `${changed} octets are others than before, and not zero`)
})

t.test('a look into the memory finds the sound while it is there', async (t) => {
  const engine = new OpusEngine()
  const before = engine.memory.slice()
  const encoder = engine.openEncoder(16_000, LOW_DELAY, new Map([[BIT_RATE, 64_000]]))
  const decoder = engine.openDecoder(16_000)
  const packet = new Uint8Array(1500)
  const out = new Int16Array(SAMPLES_MAX)
  const size = engine.encode(encoder, keySound(), 0, 320, packet, 0, 1276)
  engine.decode(decoder, packet, 0, size, out, 0)
  const changed = engine.memory.reduce((sum, octet, i) => sum + (octet !== before[i] && octet !== 0 ? 1 : 0), 0)
  t.ok(changed > 5000, `${changed}`)
})

t.test('no call reaches deeper into the stack than is overwritten', async (t) => {
  const engine = new OpusEngine()
  const before = engine.memory.slice()
  // Without any wipe: states are kept.
  const wiped = engine.wipe
  engine.wipe = () => undefined
  hearEverything(engine)
  engine.wipe = wiped
  // In front of the stack, which grows downwards, lies what is compiled in.
  const touched = (octet: number, i: number) => i > COMPILED_IN && octet !== before[i]
  const deepest = engine.memory.findIndex(touched)
  engine.wipe()
  const left = engine.memory.findIndex(touched)
  t.ok(deepest < left, 'something of the stack was overwritten')
  t.ok(left - deepest < 128 * 1024, `${left - deepest} octets deep, and 256 KiB are overwritten`)
})

t.test('no packet, whatever is in it, throws, writes too much or spoils the next one', async (t) => {
  const random = seeded(SEED)
  const engine = new OpusEngine()
  const decoder = engine.openDecoder(16_000)
  const fine = engine.openEncoder(16_000, VOIP, new Map([[BIT_RATE, 24_000]]))
  const good = new Uint8Array(1500)
  const size = engine.encode(fine, keySound(), 0, 320, good, 0, 1276)
  const out = new Int16Array(SAMPLES_MAX)
  let decoded = 0
  for (let n = 0; n < 4000; n++) {
    const packet =
      n % 2 === 0 ? octets(random, Math.floor(random() * 300)) : good.slice(0, 1 + Math.floor(random() * size))
    if (n % 2 === 1) packet[Math.floor(random() * packet.length)] = Math.floor(random() * 256)
    const samples = engine.decode(decoder, packet, 0, packet.length, out, n % 5 === 0 ? 320 : 0)
    if (samples < 0 || samples > SAMPLES_MAX) t.fail(`seed ${SEED}: ${samples} samples`)
    if (n % 5 !== 0 && samples > 0 && samples * 3 !== opusUnits(packet, 0, packet.length))
      t.fail(`seed ${SEED}: ${samples} samples of ${opusUnits(packet, 0, packet.length)} units`)
    if (samples > 0) decoded++
  }
  t.ok(decoded > 1000, `${decoded} were decoded`)
  t.equal(engine.decode(decoder, good, 0, size, out, 0), 320)
  t.equal(engine.decode(decoder, good, 0, 0, out, 0), 0, 'nothing is no packet')
  t.equal(engine.decode(decoder, new Uint8Array(1600), 0, 1600, out, 0), 0, 'nor is more than a datagram')
  t.equal(engine.decode(decoder, good, 0, size, new Int16Array(100), 0), 0, 'nor what there is no room for')
})

t.test('a decoder that breaks down takes nothing along', async (t) => {
  const engine = new OpusEngine()
  const encoder = engine.openEncoder(16_000, VOIP, new Map([[BIT_RATE, 24_000]]))
  const decoder = engine.openDecoder(16_000)
  const packet = new Uint8Array(1500)
  const out = new Int16Array(SAMPLES_MAX)
  const size = engine.encode(encoder, keySound(), 0, 320, packet, 0, 1276)
  // A state that lies behind the end of the memory: reading it stops the library in the middle of a call.
  const nowhere = engine.memory.length + 1024
  // More often than the stack could take if a call left its part of it behind.
  for (let n = 0; n < 100_000; n++)
    if (engine.decode(nowhere, packet, 0, size, out, 0) !== 0) t.fail('decoded by nothing')
  t.equal(engine.decode(decoder, packet, 0, size, out, 0), 320)
})

t.test('more streams than fit at first: the memory grows and goes on', async (t) => {
  const engine = new OpusEngine()
  const small = engine.memory.length
  const settings = new Map([[BIT_RATE, 24_000]])
  const encoders = Array.from({ length: 300 }, () => engine.openEncoder(16_000, VOIP, settings))
  t.ok(engine.memory.length > small)
  const packet = new Uint8Array(1500)
  for (const encoder of encoders) t.ok(engine.encode(encoder, keySound(), 0, 320, packet, 0, 1276) > 0)
  for (const encoder of encoders) engine.closeEncoder(encoder)
  const grown = engine.memory.length
  const again = Array.from({ length: 300 }, () => engine.openEncoder(16_000, VOIP, settings))
  t.equal(engine.memory.length, grown, 'what was given back is taken again')
  for (const encoder of again) engine.closeEncoder(encoder)
})

t.test('a state comes with the first packet and goes with the wipe', async (t) => {
  const { states } = opusEngine()
  const encoder = OpusEncoder.ofTalk({ fec: true, constantRate: false, maxPlaybackRate: 16_000 })
  const decoder = new OpusDecoder(16_000)
  const packet = new Uint8Array(1500)
  const out = new Int16Array(SAMPLES_MAX)
  t.equal(opusEngine().states, states)
  for (let round = 0; round < 2; round++) {
    const size = encoder.encode(keySound(), 320, packet, 0)
    t.equal(decoder.decode(packet, 0, size, out), 320)
    t.equal(opusEngine().states, states + 2)
    encoder.reset()
    decoder.reset()
    for (let twice = 0; twice < 2; twice++) {
      encoder.wipe()
      decoder.wipe()
    }
    t.equal(opusEngine().states, states)
  }
})

t.test('nothing is allocated per packet', async (t) => {
  const allocated = () => (getHeapStatistics() as { total_allocated_bytes?: number }).total_allocated_bytes
  if (allocated() === undefined) {
    t.pass('this Node does not count what is allocated; the tick is measured in test/media/hot-path.test.ts')
    return
  }
  const encoder = OpusEncoder.ofClips()
  const decoder = new OpusDecoder(16_000)
  const pcm = keySound()
  const packet = new Uint8Array(1500)
  const out = new Int16Array(SAMPLES_MAX)
  const round = (packets: number) => {
    collect()
    const before = allocated() ?? 0
    for (let n = 0; n < packets; n++) decoder.decode(packet, 0, encoder.encode(pcm, 320, packet, 0), out)
    return (allocated() ?? 0) - before
  }
  round(5000)
  // Each asking is charged with the rest of what the engine had set aside: the difference is what the packets take.
  const made = Math.min(...[1, 2, 3].map(() => round(20_000) - round(5000))) / 15_000
  encoder.wipe()
  decoder.wipe()
  t.ok(made < 16, `${made.toFixed(1)} octets a packet`)
})
