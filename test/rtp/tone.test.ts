import t from 'tap'
import {
  addSine,
  CHIME_HZ,
  chime,
  goertzelPower,
  HIGH_HZ,
  highHz,
  LOW_HZ,
  levelOf,
  lowHz,
  peakOf,
  RINGBACK_HZ,
  ringback,
  writeKey,
  writeSine,
} from '../../src/rtp/tone.ts'

const levelAt = (pcm: Int16Array, from: number, count: number, hz: number, rate: number): number =>
  levelOf(goertzelPower(pcm, from, count, hz, rate))

t.test('levels', async (t) => {
  t.equal(Math.round(peakOf(3.14)), 32768, 'full scale is +3.14 dBm0')
  t.equal(Math.round(peakOf(-10)), 7219)
  for (const level of [3, 0, -10, -30, -60]) {
    t.ok(Math.abs(levelOf(peakOf(level) ** 2 / 2) - level) < 1e-9, `${level} dBm0 there and back`)
  }
})

t.test('a sine has its level and no other frequency', async (t) => {
  for (const rate of [8000, 16000]) {
    for (const hz of [200, 440, 1000, 3400]) {
      const pcm = new Int16Array(rate)
      t.equal(writeSine(pcm, 0, rate, hz, -10, rate), rate)
      t.ok(Math.abs(levelAt(pcm, 0, rate, hz, rate) + 10) < 0.1, `${hz} Hz at ${rate}`)
      t.ok(levelAt(pcm, rate / 4, rate / 2, hz + 100, rate) < -70, `nothing 100 Hz beside ${hz} Hz`)
    }
  }
})

t.test('a tone rises and falls in a millisecond, and leaves its surroundings alone', async (t) => {
  const pcm = new Int16Array(240).fill(77)
  writeSine(pcm, 40, 160, 1000, 0, 8000)
  t.ok(pcm.subarray(0, 40).every((v) => v === 77))
  t.ok(pcm.subarray(200).every((v) => v === 77))
  const most = (from: number, to: number): number => Math.max(...pcm.subarray(from, to).map(Math.abs))
  t.ok(most(40, 42) < peakOf(0) * 0.1, 'begins softly')
  t.ok(most(198, 200) < peakOf(0) * 0.15, 'ends softly')
  t.ok(most(48, 192) > peakOf(0) * 0.99, 'and is loud between')
})

t.test('adding clips at full scale', async (t) => {
  const pcm = new Int16Array(800)
  writeSine(pcm, 0, 800, 500, 3, 8000)
  addSine(pcm, 0, 800, 500, 3, 8000)
  t.equal(Math.max(...pcm), 32767)
  t.equal(Math.min(...pcm), -32768)
})

t.test('every key has its two frequencies (ITU-T Q.23) and no other', async (t) => {
  const rows = ['1 2 3 A', '4 5 6 B', '7 8 9 C', '* 0 # D'].map((row) => row.split(' '))
  for (let code = 0; code < 16; code++) {
    const key = '0123456789*#ABCD'[code] as string
    const row = rows.findIndex((keys) => keys.includes(key))
    const column = (rows[row] as string[]).indexOf(key)
    t.strictSame([lowHz(code), highHz(code)], [LOW_HZ[row], HIGH_HZ[column]], `key ${key}`)
    const pcm = new Int16Array(400)
    t.equal(writeKey(pcm, 0, code, 50, -6, 8000), 400)
    for (const hz of [...LOW_HZ, ...HIGH_HZ]) {
      const level = levelAt(pcm, 0, 400, hz, 8000)
      if (hz === LOW_HZ[row] || hz === HIGH_HZ[column]) t.ok(Math.abs(level + 6) < 0.8, `key ${key}: ${hz} Hz ${level}`)
      else t.ok(level < -25, `key ${key}: nothing at ${hz} Hz, ${level}`)
    }
  }
})

t.test('ringback: one second in five', async (t) => {
  for (const rate of [8000, 16000]) {
    const pcm = ringback(rate)
    t.equal(pcm.length, 5 * rate)
    t.ok(Math.abs(levelAt(pcm, 0, rate, RINGBACK_HZ, rate) + 13) < 0.1)
    t.ok(pcm.subarray(rate).every((v) => v === 0))
  }
})

t.test('the chime: 300 ms, two notes, soft at both ends, no key in it', async (t) => {
  for (const rate of [8000, 16000]) {
    const pcm = chime(rate)
    t.equal(pcm.length, (300 * rate) / 1000)
    const [first, second] = CHIME_HZ as [number, number]
    const half = (100 * rate) / 1000
    t.ok(levelAt(pcm, 0, half, first, rate) > -25, 'the first note')
    t.ok(levelAt(pcm, 0, half, second, rate) < -45, 'alone')
    t.ok(levelAt(pcm, half, half, second, rate) > -25, 'then the second')
    t.ok(Math.abs(pcm[0] as number) < 50 && Math.abs(pcm.at(-1) as number) < 50)
    t.ok(Math.max(...pcm.map(Math.abs)) < peakOf(-10), 'never loud')
    for (const hz of HIGH_HZ) t.ok(levelAt(pcm, 0, pcm.length, hz, rate) < -50, `nothing at ${hz} Hz`)
  }
})

t.test('the ear hears silence as silence, also beyond the end of the sound', async (t) => {
  t.equal(goertzelPower(new Int16Array(160), 0, 160, 1000, 8000), 0)
  t.equal(goertzelPower(new Int16Array(0), 0, 160, 1000, 8000), 0)
})
