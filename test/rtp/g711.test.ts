import { readFileSync } from 'node:fs'
import t from 'tap'
import {
  decodePcma,
  decodePcmu,
  encodePcma,
  encodePcmu,
  PCMA_SILENCE,
  PCMU_SILENCE,
  pcmaToPcmu,
  pcmuToPcma,
} from '../../src/rtp/g711.ts'

const file = new URL('../fixtures/g711/g711.json', import.meta.url)
const vectors = JSON.parse(readFileSync(file, 'utf8')) as { pcmu: number[]; pcma: number[] }
const octets = Uint8Array.from({ length: 256 }, (_, i) => i)

for (const law of [
  { name: 'PCMU', decode: decodePcmu, encode: encodePcmu, values: vectors.pcmu, silence: PCMU_SILENCE, step: 4 },
  { name: 'PCMA', decode: decodePcma, encode: encodePcma, values: vectors.pcma, silence: PCMA_SILENCE, step: 8 },
]) {
  t.test(`${law.name}: every octet has the value of the Recommendation`, async (t) => {
    const pcm = new Int16Array(260).fill(1)
    t.equal(law.decode(octets, 0, 256, pcm, 2), 256)
    t.strictSame([...pcm.subarray(2, 258)], law.values)
    t.strictSame([pcm[1], pcm[258]], [1, 1], 'nothing beside it is written')
    t.equal(law.decode(octets, 9, 9, pcm, 0), 0, 'an empty payload')
  })

  t.test(`${law.name}: every value goes back to its octet`, async (t) => {
    const pcm = new Int16Array(256)
    law.decode(octets, 0, 256, pcm, 0)
    const back = new Uint8Array(258)
    t.equal(law.encode(pcm, 256, back, 1), 256)
    // Mu-law has two zeros, of which the coder uses the positive one.
    const want = octets.map((v) => (law.name === 'PCMU' && v === 0x7f ? 0xff : v))
    t.strictSame([...back.subarray(1, 257)], [...want])
    t.strictSame([back[0], back[257]], [0, 0], 'nothing beside it is written')
    law.encode(new Int16Array(1), 1, back, 0)
    t.equal(back[0], law.silence, 'silence')
  })

  t.test(`${law.name}: all 65536 samples, in order and within half a step`, async (t) => {
    const pcm = Int16Array.from({ length: 65536 }, (_, i) => i - 32768)
    const coded = new Uint8Array(65536)
    const heard = new Int16Array(65536)
    law.encode(pcm, 65536, coded, 0)
    law.decode(coded, 0, 65536, heard, 0)
    const levels = [...law.values].sort((a, b) => a - b)
    const most = levels.at(-1) as number
    let unordered = 0
    let wrong = 0
    for (let i = 1; i < 65536; i++) {
      if ((heard[i] as number) < (heard[i - 1] as number)) unordered++
      const sample = Math.max(-most, Math.min(most, i - 32768))
      const error = Math.abs((heard[i] as number) - sample)
      // A step is at most 1/16 of a segment's floor; half of it is the worst error, half the finest step near zero.
      if (error > Math.max(law.step * 2, (Math.abs(sample) + 132) / 32 + 1)) wrong++
    }
    t.equal(unordered, 0)
    t.equal(wrong, 0)
  })
}

t.test('from one law to the other is decoding and encoding', async (t) => {
  const pcm = new Int16Array(256)
  const want = new Uint8Array(256)
  const got = new Uint8Array(256)
  decodePcma(octets, 0, 256, pcm, 0)
  encodePcmu(pcm, 256, want, 0)
  t.equal(pcmaToPcmu(octets, 0, 256, got, 0), 256)
  t.strictSame(got, want)
  decodePcmu(octets, 0, 256, pcm, 0)
  encodePcma(pcm, 256, want, 0)
  t.equal(pcmuToPcma(octets, 0, 256, got, 0), 256)
  t.strictSame(got, want)
})
