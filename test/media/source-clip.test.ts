import { readFileSync } from 'node:fs'
import t from 'tap'
import { codeClip, copyClip, isCoded } from '../../src/media/source-clip.ts'
import { holdMusic } from '../../src/media/source-hold-music.ts'
import { chimeClip, ringbackClip, silenceClip } from '../../src/media/source-tones.ts'
import { createDecoder } from '../../src/rtp/codec.ts'
import { goertzelPower, levelOf, writeSine } from '../../src/rtp/tone.ts'
import { writeWav } from '../../src/rtp/wav.ts'

const CODECS = ['PCMU', 'PCMA', 'G722'] as const

function decoded(clip: ReturnType<typeof codeClip>, codec: (typeof CODECS)[number], rounds: number) {
  const octets = new Uint8Array(clip.octets * rounds)
  copyClip(clip, codec, 0, octets, octets.length)
  const decoder = createDecoder(codec)
  const pcm = new Int16Array(octets.length * 2)
  return { pcm: pcm.subarray(0, decoder.decode(octets, 0, octets.length, pcm)), rate: decoder.sampleRate }
}

for (const rate of [8000, 16_000] as const) {
  for (const [codec, seconds] of CODECS.flatMap((name) => [[name, 1] as const, [name, 6] as const])) {
    t.test(`${seconds} s of music at ${rate} Hz in ${codec} loop without a click`, async (t) => {
      // A whole number of turns, without edges: whatever is heard beside the tone at the seam is ours.
      const samples = Int16Array.from({ length: rate * seconds }, (_, i) =>
        Math.round(8000 * Math.sin((2 * Math.PI * 500 * i) / rate)),
      )
      const clip = codeClip(samples, rate, true)
      const { pcm, rate: heard } = decoded(clip, codec, 3)
      const count = heard * 0.04
      const seam = heard * seconds * 2 - count / 2
      const tone = levelOf(goertzelPower(pcm, seam, count, 500, heard))
      let squares = 0
      for (let i = 0; i < count; i++) squares += (pcm[seam + i] as number) ** 2
      const all = levelOf(squares / count)
      t.ok(Math.abs(tone - all) < 0.3, `the tone ${tone.toFixed(2)}, with all beside it ${all.toFixed(2)} dBm0`)
    })
  }
}

t.test('a clip is coded in what far ends may speak, and in nothing else', async (t) => {
  const sound = new Int16Array(16_000)
  writeSine(sound, 0, sound.length, 700, -10, 16_000)
  const some = codeClip(sound, 16_000, true, ['PCMA', 'G722'])
  const every = codeClip(sound, 16_000, true)
  for (const codec of [...CODECS, 'OPUS'] as const) {
    const wanted = codec === 'PCMA' || codec === 'G722'
    t.equal(isCoded(some, codec), wanted, codec)
    t.equal(isCoded(every, codec), true)
    if (wanted) t.ok(Buffer.compare(some.coded[codec], every.coded[codec]) === 0, 'as ever')
  }
})

t.test('a long loop leads from its end into its beginning as a second round of all of it would', async (t) => {
  const samples = new Int16Array(16_000 * 6)
  for (let i = 0; i < samples.length; i++) samples[i] = 6000 * Math.sin(i * i * 1e-6) + 2000 * Math.sin(i / 7)
  const twice = new Int16Array(samples.length * 2)
  twice.set(samples)
  twice.set(samples, samples.length)
  const loop = codeClip(samples, 16_000, true)
  const rounds = codeClip(twice, 16_000, false)
  // G.722 gets there by another road: it is listened to above.
  for (const codec of ['PCMU', 'PCMA'] as const) {
    const second = rounds.coded[codec].subarray(loop.octets)
    t.ok(Buffer.compare(loop.coded[codec], second) === 0, codec)
  }
})

t.test('music that is stereo, too short, at another rate or no WAV is refused', async (t) => {
  const sound = new Int16Array(16_000)
  t.ok(holdMusic(writeWav(sound, 8000)))
  t.ok(holdMusic(writeWav(sound, 16_000)))
  t.equal(holdMusic(writeWav(sound, 44_100)), undefined)
  t.equal(holdMusic(writeWav(sound, 8000, 2)), undefined)
  t.equal(holdMusic(writeWav(sound.subarray(0, 100), 8000)), undefined)
  t.equal(holdMusic(Uint8Array.of(1, 2, 3)), undefined)
})

t.test('a clip that is over is followed by silence', async (t) => {
  const sound = new Int16Array(800)
  writeSine(sound, 0, 800, 700, -10, 8000)
  const clip = codeClip(sound, 8000, false)
  const out = new Uint8Array(480)
  t.equal(copyClip(clip, 'PCMA', 640, out, 480), 800)
  t.ok(out.subarray(160).every((octet) => octet === 0xd5))
})

t.test('the tones are what they are called', async (t) => {
  for (const codec of CODECS) {
    const ring = decoded(ringbackClip(), codec, 1)
    const second = ring.rate
    t.ok(levelOf(goertzelPower(ring.pcm, second / 4, second / 2, 425, ring.rate)) > -15)
    t.ok(levelOf(goertzelPower(ring.pcm, second * 2, second, 425, ring.rate)) < -50)
    const quiet = decoded(silenceClip(), codec, 1)
    t.ok(
      quiet.pcm.every((sample) => Math.abs(sample) < 200),
      `silence in ${codec}`,
    )
  }
  const bell = decoded(chimeClip(), 'PCMA', 1)
  t.ok(levelOf(goertzelPower(bell.pcm, 0, 800, 440, 8000)) > -22)
})

t.test('the music that comes with Sotto can be played', async (t) => {
  const clip = holdMusic(readFileSync(new URL('../../media/hold-music.wav', import.meta.url)))
  t.ok(clip !== undefined && clip.octets >= 60_000 * 8, 'a minute at least')
})
