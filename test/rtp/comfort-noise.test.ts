import t from 'tap'
import { COMFORT_NOISE_LEVEL, ComfortNoise, comfortNoiseLevel, writeComfortNoise } from '../../src/rtp/comfort-noise.ts'
import { goertzelPower, levelOf } from '../../src/rtp/tone.ts'
import { octets, SEED, seeded } from './seeded.ts'

t.test('noise has its level, no drift and no tone', async (t) => {
  for (const level of [COMFORT_NOISE_LEVEL, -50, -30]) {
    const pcm = new Int16Array(16000)
    const noise = new ComfortNoise(level, 4711)
    for (let at = 0; at < 16000; at += 160) t.equal(noise.fill(pcm.subarray(at), 160), 160)
    const square = pcm.reduce((sum, v) => sum + v * v, 0) / 16000
    t.ok(Math.abs(levelOf(square) - level) < 0.5, `${level}: ${levelOf(square).toFixed(2)} dBm0`)
    const mean = pcm.reduce((sum, v) => sum + v, 0) / 16000
    t.ok(Math.abs(mean) < Math.sqrt(square) / 10, `mean ${mean.toFixed(3)}`)
    for (const hz of [100, 697, 1209, 3000]) {
      t.ok(levelOf(goertzelPower(pcm, 0, 16000, hz, 8000)) < level - 25, `nothing stands out at ${hz} Hz`)
    }
  }
})

t.test('noise is repeatable from its seed, and another seed is another noise', async (t) => {
  const make = (seed: number): number[] => {
    const pcm = new Int16Array(160)
    new ComfortNoise(-30, seed).fill(pcm, 160)
    return [...pcm]
  }
  t.strictSame(make(5), make(5))
  t.notSame(make(5), make(6))
  t.strictSame(make(0), make(1), 'a seed of 0 would stand still')
})

t.test('the level octet of RFC 3389', async (t) => {
  const rows: [level: number, octet: number][] = [
    [0, 0],
    [-65, 65],
    [-127, 127],
    [-200, 127],
    [3, 0],
  ]
  for (const [level, octet] of rows) {
    const p = new Uint8Array(3).fill(0xee)
    t.equal(writeComfortNoise(p, 1, level), 1)
    t.strictSame([...p], [0xee, octet, 0xee], `${level} dBm0`)
    t.equal(comfortNoiseLevel(p, 1, 3), 0 - octet, 'a spectrum behind it is stepped over')
  }
  t.equal(comfortNoiseLevel(Uint8Array.of(128), 0, 1), undefined, 'the first bit is reserved')
  t.equal(comfortNoiseLevel(new Uint8Array(4), 2, 2), undefined, 'empty')
})

t.test(`hostile octets give a level or undefined (seed ${SEED})`, async (t) => {
  const random = seeded(SEED)
  for (let i = 0; i < 1000; i++) {
    const p = octets(random, Math.floor(random() * 20))
    const level = comfortNoiseLevel(p, 0, p.length)
    if (level !== undefined && !(level <= 0 && level >= -127)) t.fail(`${i} of seed ${SEED}`)
  }
})
