import t from 'tap'
import { parseWav, WAV_HEADER_SIZE, wavHeader, writeWav } from '../../src/rtp/wav.ts'
import { hostile, SEED } from './seeded.ts'

const samples = Int16Array.of(0, 1, -1, 32767, -32768, 258)
const bytes = writeWav(samples, 8000)
const text = (s: string): number[] => [...Buffer.from(s, 'latin1')]

/** A file of any chunks. */
function riff(...chunks: (readonly [tag: string, body: readonly number[]])[]): Uint8Array {
  const body = chunks.flatMap(([tag, content]) => [
    ...text(tag),
    content.length & 0xff,
    content.length >> 8,
    0,
    0,
    ...content,
    ...(content.length % 2 === 1 ? [0] : []),
  ])
  return Uint8Array.of(...text('RIFF'), body.length + 4, 0, 0, 0, ...text('WAVE'), ...body)
}

const format = [...bytes.subarray(20, 36)]
const data = [...bytes.subarray(44)]

t.test('the header, octet by octet', async (t) => {
  t.equal(
    Buffer.from(bytes).toString('hex'),
    '524946463000000057415645666d74201000000001000100401f0000803e000002001000' +
      '646174610c00000000000100ffffff7f00800201',
  )
  t.equal(WAV_HEADER_SIZE, 44)
  t.strictSame(
    [...wavHeader(0x01020304, 16000, 2).subarray(20, 44)],
    [1, 0, 2, 0, 0x80, 0x3e, 0, 0, 0, 0xfa, 0, 0, 4, 0, 16, 0, ...text('data'), 4, 3, 2, 1],
  )
})

t.test('what is written is read', async (t) => {
  for (const rate of [8000, 16000, 48000]) {
    for (const channels of [1, 2]) {
      const wav = parseWav(writeWav(samples, rate, channels))
      t.strictSame(wav, { sampleRate: rate, channels, samples })
    }
  }
  t.strictSame(parseWav(writeWav(new Int16Array(), 8000))?.samples.length, 0, 'an empty one')
  const moved = new Uint8Array(100)
  moved.set(bytes, 3)
  t.strictSame(parseWav(moved.subarray(3, 3 + bytes.length))?.samples, samples, 'from an odd place in memory')
})

t.test('what other writers do', async (t) => {
  const extensible = [0xfe, 0xff, ...format.slice(2), 22, 0, 16, 0, 4, 0, 0, 0, 1, 0, ...new Array(14).fill(0)]
  const rows: [says: string, file: Uint8Array][] = [
    [
      'other chunks before, between and behind',
      riff(['LIST', [1, 2, 3, 4]], ['fmt ', format], ['fact', [0, 0, 0, 0]], ['data', data], ['id3 ', [1]]),
    ],
    ['a chunk of odd length, and its pad', riff(['junk', [1, 2, 3]], ['fmt ', format], ['data', data])],
    ['fmt of 18 octets', riff(['fmt ', [...format, 0, 0]], ['data', data])],
    ['the extensible form', riff(['fmt ', extensible], ['data', data])],
    ['half a frame at the end', Uint8Array.of(...bytes, 9)],
    ['a recorder that never wrote the length', bytes.map((v, i) => (i >= 40 && i < 44 ? 0xff : v))],
    ['a recorder that wrote 0', bytes.map((v, i) => (i >= 40 && i < 44 ? 0 : v))],
    ['any length in the RIFF header', bytes.map((v, i) => (i >= 4 && i < 8 ? 0 : v))],
  ]
  for (const [says, file] of rows) {
    t.strictSame(parseWav(file), { sampleRate: 8000, channels: 1, samples }, says)
  }
})

t.test('what is refused', async (t) => {
  const change = (at: number, ...v: number[]): Uint8Array => {
    const file = bytes.slice()
    file.set(v, at)
    return file
  }
  const rows: [says: string, file: Uint8Array][] = [
    ['nothing', new Uint8Array()],
    ['RIFX', change(3, 0x58)],
    ['no WAVE', change(8, 0)],
    ['mu-law', change(20, 7)],
    ['floating point', change(20, 3)],
    ['8 bits', change(34, 8)],
    ['24 bits', change(34, 24)],
    ['no channel', change(22, 0)],
    ['nine channels', change(22, 9)],
    ['no rate', change(24, 0, 0, 0, 0)],
    ['a rate beyond belief', change(24, 0xff, 0xff, 0xff, 0xff)],
    ['no fmt', riff(['data', data])],
    ['data before fmt', riff(['data', data], ['fmt ', format])],
    ['fmt too short', riff(['fmt ', format.slice(0, 14)], ['data', data])],
    ['fmt beyond the end', change(16, 0xff)],
    ['no data', riff(['fmt ', format])],
    [
      'a chunk longer than any file',
      riff(['fmt ', format]).map((v, i) => (i > 11 && i < 16 ? 0x61 : i > 15 && i < 20 ? 0xff : v)),
    ],
    [
      'extensible, but floating point',
      riff(
        ['fmt ', [0xfe, 0xff, ...format.slice(2), 22, 0, 16, 0, 4, 0, 0, 0, 3, 0, ...new Array(14).fill(0)]],
        ['data', data],
      ),
    ],
  ]
  for (const [says, file] of rows) t.equal(parseWav(file), undefined, says)
})

t.test(`hostile octets give a sound or undefined (seed ${SEED})`, async (t) => {
  hostile(bytes, (p, what) => {
    const wav = parseWav(p)
    if (wav !== undefined && wav.samples.length * 2 > p.length) t.fail(what)
  })
})
