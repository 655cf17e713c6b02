import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { DtmfReceiver } from '../src/rtp/dtmf-receiver.ts'
import { frameLevelsDbm0, levelDbm0, truePeakDbfs } from '../src/rtp/level.ts'
import { resample } from '../src/rtp/sinc.ts'
import { parseWav } from '../src/rtp/wav.ts'

const folder = join(import.meta.dirname, '..', 'media')
const bytes = readFileSync(join(folder, 'hold-music.wav'))
const music = parseWav(bytes) ?? { samples: new Int16Array(0), sampleRate: 0, channels: 0 }
const { samples, sampleRate } = music
const at = (i: number): number => samples[(i + samples.length) % samples.length] as number

/** Digits the receiver hears in a stretch of sound, fed in packets of 20 ms. */
function digitsIn(pcm: Int16Array, rate: 8000 | 16000): number {
  const receiver = new DtmfReceiver(rate)
  const packet = rate / 50
  let digits = 0
  for (let from = 0; from < pcm.length; from += packet) {
    digits += receiver.accept(pcm, from, Math.min(from + packet, pcm.length))
  }
  return digits
}

t.test('format, length and manifest', async (t) => {
  t.equal(music.channels, 1)
  t.equal(sampleRate, 16_000)
  t.ok(samples.length / sampleRate >= 60, 'at least a minute')
  t.equal(samples.length % 320, 0, 'whole packets of 20 ms, so that the loop needs no joining')
  const entry = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')).sounds['hold-music']
  t.equal(entry.sha256, createHash('sha256').update(bytes).digest('hex'))
  t.equal(entry.format.seconds, samples.length / sampleRate)
})

t.test('level: about -20 dBm0 from end to end, with room above', async (t) => {
  t.ok(Math.abs(levelDbm0(samples) + 20) < 0.5, 'as a whole')
  for (const [i, level] of frameLevelsDbm0(samples, sampleRate, 10_000).entries()) {
    t.ok(Math.abs(level + 20) < 4, `stretch ${i + 1} of 10 s at ${level.toFixed(1)} dBm0`)
  }
  t.ok(truePeakDbfs(samples) <= -6, 'peak')
  t.ok(
    Math.min(...frameLevelsDbm0(samples, sampleRate, 500)) > -45,
    'no half second of silence: nobody should think the call is lost',
  )
})

t.test('no seam: the end runs on into the start like any other place', async (t) => {
  // What a straight continuation misses by; a cut anywhere shows as a large miss at one sample.
  const miss = (i: number): number => Math.abs(at(i) - 3 * at(i - 1) + 3 * at(i - 2) - at(i - 3))
  const nearby = Array.from({ length: 8_000 }, (_, i) => miss(i - 4_000))
  const around = nearby.filter((_, i) => i < 3_990 || i > 4_010).sort((a, b) => a - b)
  const atSeam = Math.max(...nearby.slice(3_999, 4_004))
  const usual = around[Math.floor(around.length * 0.999)] as number
  t.ok(atSeam <= usual, `miss of ${atSeam} at the seam, up to ${usual} around it`)
  const before = levelDbm0(samples, samples.length - 320)
  const after = levelDbm0(samples, 0, 320)
  t.ok(Math.abs(before - after) < 6, `${before.toFixed(1)} dBm0 before and ${after.toFixed(1)} dBm0 after`)

  // The same measure on a loop that is not one: the second bar's end joined to the music's middle.
  const cut = 1_000_003
  const jump = (i: number): number => (i < 0 ? at(cut + i) : at(i))
  const missAtCut = Math.max(
    ...[0, 1, 2].map((i) => Math.abs(jump(i) - 3 * jump(i - 1) + 3 * jump(i - 2) - jump(i - 3))),
  )
  t.ok(missAtCut > usual, 'the measure sees a seam where there is one')
})

t.test('nobody can mistake it for keys, at either rate', async (t) => {
  const twice = new Int16Array(samples.length + 32_000)
  twice.set(samples)
  twice.set(samples.subarray(0, 32_000), samples.length)
  t.equal(digitsIn(twice, 16_000), 0, 'as it is, and once over the end')
  t.equal(digitsIn(Int16Array.from(resample(twice, 16_000, 8_000), Math.round), 8_000), 0, 'narrowband')
  const tones = twice.slice(0, 16_000)
  for (let i = 8_000; i < 9_600; i++) {
    const pair = Math.sin((2 * Math.PI * 852 * i) / 16_000) + Math.sin((2 * Math.PI * 1209 * i) / 16_000)
    tones[i] = (tones[i] as number) / 8 + Math.round(4_000 * pair)
  }
  t.equal(digitsIn(tones, 16_000), 1, 'a digit over the music would be heard')
})
