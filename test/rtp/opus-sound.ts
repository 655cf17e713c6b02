/** Sound for tests of codecs that are made for voices. */

/** @returns something like a voice at 16 kHz: a pitch that glides, its harmonics under two resonances that move, in syllables. */
export function speechLike(samples: number): Int16Array {
  const pcm = new Int16Array(samples)
  let phase = 0
  for (let i = 0; i < samples; i++) {
    const s = i / 16_000
    const pitch = 120 + 25 * Math.sin(2 * Math.PI * 0.7 * s)
    phase += (2 * Math.PI * pitch) / 16_000
    const first = 500 + 250 * Math.sin(2 * Math.PI * 1.3 * s)
    const second = 1500 + 600 * Math.sin(2 * Math.PI * 0.9 * s + 1)
    let sum = 0
    for (let k = 1; k * pitch < 4000; k++) {
      const hz = k * pitch
      const weight = 1 / (1 + ((hz - first) / 120) ** 2) + 0.5 / (1 + ((hz - second) / 180) ** 2)
      sum += weight * Math.sin(k * phase)
    }
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 2 * s)) ** 0.5
    pcm[i] = Math.round(2500 * syllable * sum)
  }
  return pcm
}
