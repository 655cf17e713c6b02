/** The acceptance numbers of ITU-T Q.24 swept with made tones, then recorded sound: coded digits, speech, music. */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { DtmfReceiver } from '../../src/rtp/dtmf-receiver.ts'
import { decodePcmu, encodePcmu } from '../../src/rtp/g711.ts'
import { highHz, lowHz, peakOf } from '../../src/rtp/tone.ts'

type Rate = 8000 | 16000 | 48000
type Press = { code: number; atMs: number; onMs: number }
type Shape = {
  onMs?: number
  offMs?: number
  levelDbm0?: number
  /** Above 0 the low tone is the stronger. */
  twistDb?: number
  lowOff?: number
  highOff?: number
  noiseDbm0?: number
  /** Steady tones under everything: frequency and level. */
  bed?: [number, number][]
  cut?: { atMs: number; ms: number }
  echo?: { ms: number; down: number }
  ramp?: number
  rate?: Rate
  codes?: number[]
}
type Heard = { code: number; startMs: number; reportMs: number }

const ALL = [1, 8, 12, 6, 4, 10, 2, 13, 9, 15, 7, 14, 5, 11, 3, 0]
const SAME = [1, 1, 1, 5, 5, 5, 0, 0, 0, 11, 11, 11]

/** A generator of numbers from -1 to 1, always the same. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return state / 2147483648
  }
}

function sound(shape: Shape): { pcm: Int16Array; presses: Press[] } {
  const { onMs = 50, offMs = 50, levelDbm0 = -10, twistDb = 0, rate = 8000, codes = ALL } = shape
  const random = dice(7)
  const perMs = rate / 1000
  const presses: Press[] = []
  let atMs = 100
  for (const code of codes) {
    presses.push({ code, atMs, onMs })
    atMs += onMs + offMs + Math.abs(random()) * 2
  }
  const mix = new Float64Array(Math.round((atMs + 300) * perMs))
  for (const [i, press] of presses.entries()) {
    const sign = i & 1 ? 1 : -1
    const low = lowHz(press.code) * (1 + (sign * (shape.lowOff ?? 0)) / 100)
    const high = highHz(press.code) * (1 + ((i & 2 ? 1 : -1) * (shape.highOff ?? 0)) / 100)
    const lowPeak = peakOf(levelDbm0 + Math.min(0, twistDb))
    const highPeak = peakOf(levelDbm0 - Math.max(0, twistDb))
    const lowPhase = random() * 3
    const highPhase = random() * 3
    const begin = Math.round(press.atMs * perMs)
    for (let k = 0; k < Math.round(press.onMs * perMs); k++) {
      const ms = k / perMs
      if (shape.cut !== undefined && ms >= shape.cut.atMs && ms < shape.cut.atMs + shape.cut.ms) continue
      const edge = shape.ramp === undefined ? 1 : Math.min(1, ms / shape.ramp, (press.onMs - ms) / shape.ramp)
      const turn = (2 * Math.PI * k) / rate
      const v = edge * (lowPeak * Math.sin(turn * low + lowPhase) + highPeak * Math.sin(turn * high + highPhase))
      mix[begin + k] = (mix[begin + k] as number) + v
      if (shape.echo === undefined) continue
      const later = begin + k + Math.round(shape.echo.ms * perMs)
      mix[later] = (mix[later] as number) + v * 10 ** (-shape.echo.down / 20)
    }
  }
  // A sum of three even numbers is near enough to Gaussian noise; its RMS is one.
  const noise = peakOf(shape.noiseDbm0 ?? -68) / Math.SQRT2
  for (let i = 0; i < mix.length; i++) {
    let v = (mix[i] as number) + noise * (random() + random() + random())
    for (const [hz, dbm0] of shape.bed ?? []) v += peakOf(dbm0) * Math.sin((2 * Math.PI * hz * i) / rate)
    mix[i] = Math.max(-32768, Math.min(32767, Math.round(v)))
  }
  const pcm = Int16Array.from(mix)
  if (rate !== 8000) return { pcm, presses }
  const coded = new Uint8Array(pcm.length)
  encodePcmu(pcm, pcm.length, coded, 0)
  decodePcmu(coded, 0, coded.length, pcm, 0)
  return { pcm, presses }
}

function listen(pcm: Int16Array, rate: Rate = 8000, receiver: DtmfReceiver = new DtmfReceiver(rate)): Heard[] {
  const heard: Heard[] = []
  const frame = rate / 50
  for (let at = 0; at < pcm.length; at += frame) {
    const end = Math.min(pcm.length, at + frame)
    const known = receiver.accept(pcm, at, end)
    for (let i = 0; i < known; i++) {
      heard.push({
        code: receiver.digitAt(i),
        startMs: (receiver.startSampleAt(i) * 1000) / rate,
        reportMs: (end * 1000) / rate,
      })
    }
  }
  return heard
}

const codesOf = (heard: Heard[]): number[] => heard.map((press) => press.code)

t.test('takes what Q.24 says must be taken', async (t) => {
  const rows: [string, Shape][] = [
    ['all sixteen keys, 50 ms', {}],
    ['40 ms on, 40 ms off', { onMs: 40, offMs: 40 }],
    ['the same key again after 40 ms', { onMs: 40, offMs: 40, codes: SAME }],
    ['the same key again after 30 ms', { onMs: 60, offMs: 30, codes: SAME }],
    ['keys of two seconds', { onMs: 2000, codes: [1, 15] }],
    ['0 dBm0 a tone, clipped', { levelDbm0: 0 }],
    ['-25 dBm0 a tone, 40 ms', { levelDbm0: -25, onMs: 40 }],
    ['-35 dBm0 a tone', { levelDbm0: -35 }],
    ['8 dB of twist', { twistDb: 8, onMs: 40 }],
    ['4 dB of reverse twist', { twistDb: -4, onMs: 40 }],
    ['both tones 1.5 % off, 40 ms', { lowOff: 1.5, highOff: -1.5, onMs: 40 }],
    ['both tones 1.8 % off', { lowOff: 1.8, highOff: 1.8 }],
    ['1.5 % off with 8 dB of twist, 40 ms', { lowOff: 1.45, highOff: 1.45, twistDb: 8, onMs: 40 }],
    ['10 ms of interruption', { onMs: 100, offMs: 80, cut: { atMs: 45, ms: 10 } }],
    ['20 ms of interruption', { onMs: 120, offMs: 80, cut: { atMs: 50, ms: 20 } }],
    ['noise 15 dB below each tone', { noiseDbm0: -25 }],
    [
      'dial tone 10 dB below each tone',
      {
        bed: [
          [350, -20],
          [440, -20],
        ],
      },
    ],
    [
      'dial tone as loud as each tone',
      {
        levelDbm0: -13,
        bed: [
          [350, -13],
          [440, -13],
        ],
      },
    ],
    [
      'mains hum louder than the keys',
      {
        levelDbm0: -15,
        bed: [
          [50, -10],
          [150, -22],
        ],
      },
    ],
    ['echo of 20 ms, 10 dB down', { offMs: 60, echo: { ms: 20, down: 10 } }],
    ['echo of 150 ms, 12 dB down', { onMs: 70, offMs: 300, echo: { ms: 150, down: 12 } }],
    ['5 ms of ramp', { ramp: 5 }],
    ['16 kHz', { rate: 16000, onMs: 40 }],
    ['16 kHz, a tone above the band', { rate: 16000, bed: [[6900, -10]] }],
    ['48 kHz', { rate: 48000, onMs: 40 }],
    [
      '48 kHz, a tone that would fold into the band',
      {
        rate: 48000,
        bed: [
          [9200, -10],
          [22600, -10],
        ],
      },
    ],
  ]
  for (const [name, shape] of rows) {
    const { pcm, presses } = sound(shape)
    t.same(
      codesOf(listen(pcm, shape.rate)),
      presses.map((press) => press.code),
      name,
    )
  }
})

t.test('refuses what Q.24 says must be refused', async (t) => {
  const rows: [string, Shape][] = [
    ['10 ms', { onMs: 10, offMs: 80 }],
    ['20 ms', { onMs: 20, offMs: 80 }],
    ['23 ms', { onMs: 23, offMs: 80 }],
    ['-55 dBm0 a tone', { levelDbm0: -55, onMs: 100 }],
    ['low tone 3.5 % off', { lowOff: 3.5, onMs: 100 }],
    ['high tone 3.5 % off', { highOff: 3.5, onMs: 100 }],
    ['both tones 4.2 % off', { lowOff: 4.2, highOff: 4.2, onMs: 100 }],
    ['20 dB of twist', { twistDb: 20, onMs: 100 }],
    [
      'dial tone alone',
      {
        codes: [],
        bed: [
          [350, -13],
          [440, -13],
        ],
      },
    ],
    ['one tone of the low group', { codes: [], bed: [[770, -10]] }],
    [
      'one tone of each group and a third',
      {
        codes: [],
        bed: [
          [770, -10],
          [852, -10],
          [1336, -10],
        ],
      },
    ],
  ]
  for (const [name, shape] of rows) t.same(codesOf(listen(sound({ ...shape }).pcm)), [], name)
})

t.test('says where a press began, and soon', async (t) => {
  for (const rate of [8000, 16000, 48000] as const) {
    const { pcm, presses } = sound({ rate, onMs: 60 })
    const heard = listen(pcm, rate)
    t.equal(heard.length, presses.length)
    const late: number[] = []
    for (const [i, press] of presses.entries()) {
      const found = heard[i] as Heard
      t.ok(Math.abs(found.startMs - press.atMs) < 4, `${rate} Hz: ${found.startMs} for ${press.atMs} ms`)
      late.push(found.reportMs - press.atMs)
    }
    late.sort((a, b) => a - b)
    t.ok((late[late.length >> 1] as number) <= 45, 'median of onset to report')
    t.ok((late.at(-1) as number) <= 55, 'worst of onset to report')
  }
})

t.test('frames of any size give the same presses', async (t) => {
  const { pcm, presses } = sound({ onMs: 45 })
  const receiver = new DtmfReceiver(8000)
  const random = dice(3)
  const codes: number[] = []
  for (let at = 0; at < pcm.length; ) {
    const end = Math.min(pcm.length, at + Math.floor(Math.abs(random()) * 700))
    const known = receiver.accept(pcm, at, end)
    for (let i = 0; i < known; i++) codes.push(receiver.digitAt(i))
    at = end
  }
  t.same(
    codes,
    presses.map((press) => press.code),
  )
})

t.test('toneDown follows the tone', async (t) => {
  const { pcm } = sound({ onMs: 100, offMs: 100, codes: [5] })
  const receiver = new DtmfReceiver(8000)
  const down: number[] = []
  for (let at = 0; at + 40 <= pcm.length; at += 40) {
    receiver.accept(pcm, at, at + 40)
    if (receiver.toneDown) down.push((at + 40) / 8)
  }
  const [first = 0, last = 0] = [down[0], down.at(-1)]
  t.ok(first > 105 && first <= 125, `down at ${first} ms`)
  t.ok(last >= 195 && last <= 235, `up at ${last} ms`)
  t.ok(Math.abs(receiver.endSample / 8 - 200) < 6, `ended at ${receiver.endSample / 8} ms`)
})

t.test('flagged losses neither double nor split a press', async (t) => {
  const { pcm, presses } = sound({ onMs: 200, offMs: 100, codes: SAME })
  const receiver = new DtmfReceiver(8000)
  const plain = new DtmfReceiver(8000)
  const codes: number[] = []
  let unflagged = 0
  for (let at = 0; at + 160 <= pcm.length; at += 160) {
    const inTone = presses.some((press) => at / 8 > press.atMs + 80 && at / 8 + 20 < press.atMs + 145)
    if (inTone) {
      pcm.fill(0, at, at + 160)
      receiver.lost(160)
    }
    const known = receiver.accept(pcm, at, at + 160)
    for (let i = 0; i < known; i++) codes.push(receiver.digitAt(i))
    unflagged += plain.accept(pcm, at, at + 160)
  }
  t.same(codes, SAME)
  t.ok(unflagged > SAME.length, 'without the flag the same sound doubles')
})

t.test('recorded sound', async (t) => {
  const fixture = (name: string): Int16Array => {
    const coded = readFileSync(new URL(`../fixtures/dtmf/${name}`, import.meta.url))
    const pcm = new Int16Array(coded.length)
    decodePcmu(coded, 0, coded.length, pcm, 0)
    return pcm
  }
  const keys = [1, 8, 14, 6, 12, 4, 10, 2, 9, 15, 7, 13, 5, 11, 3, 0]
  for (const codec of ['opus12', 'gsm', 'g722', 'speex11']) {
    t.same(codesOf(listen(fixture(`${codec}.ulaw`))), keys, `digits through ${codec}`)
  }
  for (const noDigit of ['speech', 'music']) t.same(listen(fixture(`${noDigit}.ulaw`)), [], `${noDigit} is no digit`)
})

t.test('vowels that slide are no digits', async (t) => {
  const pcm = new Int16Array(8000 * 20)
  const random = dice(11)
  for (let at = 0; at < pcm.length; ) {
    const count = Math.min(pcm.length - at, Math.floor(800 + Math.abs(random()) * 4000))
    const pitch = 90 + Math.abs(random()) * 200
    const glide = random() * 0.15
    const first = 500 + Math.abs(random()) * 450
    const second = 1150 + Math.abs(random()) * 500
    for (let h = 1; h * pitch < 3400; h++) {
      const near = Math.max(
        Math.exp(-(((h * pitch - first) / 150) ** 2)),
        Math.exp(-(((h * pitch - second) / 150) ** 2)),
      )
      const peak = peakOf(-16) * Math.max(0.04, near)
      let phase = random() * 3
      for (let i = 0; i < count; i++) {
        phase += (2 * Math.PI * h * pitch * (1 + (glide * i) / count)) / 8000
        const v = (pcm[at + i] as number) + peak * Math.sin(phase)
        pcm[at + i] = Math.max(-32768, Math.min(32767, v))
      }
    }
    at += count
  }
  t.ok(listen(pcm).length <= 1)
})

t.test('reset and wipe leave a receiver that knows nothing', async (t) => {
  const { pcm, presses } = sound({})
  const receiver = new DtmfReceiver(8000)
  const once = listen(pcm, 8000, receiver)
  receiver.reset()
  t.equal(receiver.digitAt(0), -1)
  t.equal(receiver.startSampleAt(0), -1)
  t.equal(receiver.toneDown, false)
  t.same(listen(pcm, 8000, receiver), once, 'the same sound is heard the same way')
  t.equal(once.length, presses.length)
  receiver.wipe()
  t.equal(receiver.accept(new Int16Array(1600), 0, 1600), 0)
  t.equal(receiver.digitAt(-1), -1)
})

t.test('hostile sound is only sound', async (t) => {
  const random = dice(5)
  const noise = Int16Array.from({ length: 80_000 }, () => random() * 32767)
  const square = Int16Array.from({ length: 80_000 }, (_, i) => ((i / 7) & 1 ? 32767 : -32768))
  t.same(listen(noise), [])
  t.same(listen(square), [])
})
