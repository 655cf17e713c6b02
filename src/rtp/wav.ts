/**
 * RIFF/WAVE files with 16-bit PCM: enough for prompts, music and recordings. Other sample formats, RF64 and big-endian RIFX
 * are refused; chunks that are not `fmt ` or `data` are stepped over. Works on octets, opens nothing.
 */

export type Wav = {
  readonly sampleRate: number
  readonly channels: number
  /** Interleaved when there is more than one channel. */
  readonly samples: Int16Array
}

/** Octets that `wavHeader` makes. */
export const WAV_HEADER_SIZE = 44
const PCM = 1
const EXTENSIBLE = 0xfffe
const MAX_RATE = 192_000
const MAX_CHANNELS = 8

function le16(p: Uint8Array, at: number): number {
  return (p[at] as number) | ((p[at + 1] as number) << 8)
}

function le32(p: Uint8Array, at: number): number {
  return (le16(p, at) | (le16(p, at + 2) << 16)) >>> 0
}

function isTag(p: Uint8Array, at: number, tag: string): boolean {
  for (let i = 0; i < 4; i++) if (p[at + i] !== tag.charCodeAt(i)) return false
  return true
}

type Format = { readonly sampleRate: number; readonly channels: number }

function parseFormat(p: Uint8Array, at: number, size: number): Format | undefined {
  if (size < 16) return undefined
  let tag = le16(p, at)
  // The extensible form names the format in the first two octets of a GUID.
  if (tag === EXTENSIBLE && size >= 26) tag = le16(p, at + 24)
  const channels = le16(p, at + 2)
  const sampleRate = le32(p, at + 4)
  if (tag !== PCM || le16(p, at + 14) !== 16) return undefined
  if (channels < 1 || channels > MAX_CHANNELS || sampleRate < 1 || sampleRate > MAX_RATE) return undefined
  return { sampleRate, channels }
}

/**
 * Reads a WAV file. A `data` chunk whose length is 0xFFFFFFFF, 0 at the end of the file, or longer than the file - a
 * recorder that was cut off, a pipe - is taken as far as the file goes; half a frame at its end is dropped.
 * @returns the sound, or undefined for anything else than 16-bit PCM.
 */
export function parseWav(bytes: Uint8Array): Wav | undefined {
  if (bytes.length < 12 || !isTag(bytes, 0, 'RIFF') || !isTag(bytes, 8, 'WAVE')) return undefined
  let format: Format | undefined
  let at = 12
  while (at + 8 <= bytes.length) {
    const size = le32(bytes, at + 4)
    const body = at + 8
    if (isTag(bytes, at, 'data')) {
      if (format === undefined) return undefined
      const room = bytes.length - body
      return readSamples(bytes, body, size === 0 || size > room ? room : size, format)
    }
    if (isTag(bytes, at, 'fmt ')) {
      if (body + size > bytes.length) return undefined
      format = parseFormat(bytes, body, size)
      if (format === undefined) return undefined
    }
    at = body + size + (size & 1)
  }
  return undefined
}

function readSamples(bytes: Uint8Array, at: number, size: number, format: Format): Wav {
  const frames = Math.floor(size / (2 * format.channels))
  const samples = new Int16Array(frames * format.channels)
  for (let i = 0; i < samples.length; i++) samples[i] = le16(bytes, at + 2 * i)
  return { ...format, samples }
}

function put16(p: Uint8Array, at: number, v: number): void {
  p[at] = v
  p[at + 1] = v >>> 8
}

function put32(p: Uint8Array, at: number, v: number): void {
  put16(p, at, v)
  put16(p, at + 2, v >>> 16)
}

function putTag(p: Uint8Array, at: number, tag: string): void {
  for (let i = 0; i < 4; i++) p[at + i] = tag.charCodeAt(i)
}

/** @returns the 44 octets before `dataSize` octets of 16-bit PCM. */
export function wavHeader(dataSize: number, sampleRate: number, channels = 1): Uint8Array {
  const p = new Uint8Array(WAV_HEADER_SIZE)
  putTag(p, 0, 'RIFF')
  put32(p, 4, WAV_HEADER_SIZE - 8 + dataSize)
  putTag(p, 8, 'WAVE')
  putTag(p, 12, 'fmt ')
  put32(p, 16, 16)
  put16(p, 20, PCM)
  put16(p, 22, channels)
  put32(p, 24, sampleRate)
  put32(p, 28, sampleRate * channels * 2)
  put16(p, 32, channels * 2)
  put16(p, 34, 16)
  putTag(p, 36, 'data')
  put32(p, 40, dataSize)
  return p
}

/** @returns a whole WAV file. @param samples interleaved when `channels` is above 1. */
export function writeWav(samples: Int16Array, sampleRate: number, channels = 1): Uint8Array {
  const p = new Uint8Array(WAV_HEADER_SIZE + samples.length * 2)
  p.set(wavHeader(samples.length * 2, sampleRate, channels))
  for (let i = 0; i < samples.length; i++) put16(p, WAV_HEADER_SIZE + 2 * i, samples[i] as number)
  return p
}
