/** A WAV file of 16-bit PCM, one channel, written in the page (RIFF, as Microsoft and IBM published it in 1991). Pure. */

const HEADER_BYTES = 44
const BYTES_PER_SAMPLE = 2
const PCM = 1

/** @param samples from -1 to 1; what is beyond is cut off. */
export function writeWav(samples: Float32Array, sampleRate: number): Uint8Array<ArrayBuffer> {
  const dataBytes = samples.length * BYTES_PER_SAMPLE
  const octets = new Uint8Array(HEADER_BYTES + dataBytes)
  const view = new DataView(octets.buffer)
  const word = (at: number, text: string) =>
    octets.set(
      [...text].map((letter) => letter.charCodeAt(0)),
      at,
    )
  word(0, 'RIFF')
  view.setUint32(4, HEADER_BYTES - 8 + dataBytes, true)
  word(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, PCM, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * BYTES_PER_SAMPLE, true)
  view.setUint16(32, BYTES_PER_SAMPLE, true)
  view.setUint16(34, 8 * BYTES_PER_SAMPLE, true)
  word(36, 'data')
  view.setUint32(40, dataBytes, true)
  for (const [at, sample] of samples.entries()) {
    const value = Math.round(Math.max(-1, Math.min(1, sample)) * 32_768)
    view.setInt16(HEADER_BYTES + at * BYTES_PER_SAMPLE, Math.min(32_767, value), true)
  }
  return octets
}

/** @returns whether a file begins as a WAV does: the server judges the rest of it. */
export function isRiff(octets: Uint8Array): boolean {
  return String.fromCharCode(...octets.slice(0, 4)) === 'RIFF'
}
