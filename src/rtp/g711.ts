/**
 * ITU-T G.711, PCMU and PCMA of RFC 3551 section 4.5.14: 8 bits a sample at 8000 Hz, by table both ways. Linear samples
 * are 16 bits, the 14 (mu-law) and 13 (A-law) bits of the Recommendation shifted up. No packet loss concealment.
 */

/** Octet of a linear 0: also the silence of a stopped flow. */
export const PCMU_SILENCE = 0xff
export const PCMA_SILENCE = 0xd5

/** 16-bit value of a mu-law octet (G.711 table 2). */
function expandMu(octet: number): number {
  const v = ~octet & 0xff
  const magnitude = ((((v & 0x0f) << 3) + 0x84) << ((v >> 4) & 7)) - 0x84
  return v & 0x80 ? -magnitude : magnitude
}

/** 16-bit value of an A-law octet (G.711 table 1; even bits are inverted on the line). */
function expandA(octet: number): number {
  const v = octet ^ 0x55
  const exponent = (v >> 4) & 7
  const mantissa = ((v & 0x0f) << 4) + 8
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1)
  return v & 0x80 ? magnitude : -magnitude
}

/** Mu-law octet of a 16-bit sample: biased, clipped, truncated within the segment as the Recommendation's table does. */
function compressMu(pcm: number): number {
  const sign = pcm < 0 ? 0x80 : 0
  const biased = Math.min(pcm < 0 ? -pcm : pcm, 32635) + 0x84
  const exponent = 24 - Math.clz32(biased)
  return ~(sign | (exponent << 4) | ((biased >> (exponent + 3)) & 0x0f)) & 0xff
}

/** A-law octet of a 16-bit sample. A negative sample is taken in ones' complement, so that -1 is the first negative step. */
function compressA(pcm: number): number {
  const magnitude = (pcm < 0 ? ~pcm : pcm) >> 3
  const exponent = Math.max(0, 27 - Math.clz32(magnitude | 1))
  const mantissa = exponent < 2 ? (magnitude >> 1) & 0x0f : (magnitude >> exponent) & 0x0f
  return ((pcm < 0 ? 0 : 0x80) | (exponent << 4) | mantissa) ^ 0x55
}

const muToLinear = new Int16Array(256)
const aToLinear = new Int16Array(256)
/** Indexed by the sample as an unsigned 16-bit number. */
const linearToMu = new Uint8Array(65536)
const linearToA = new Uint8Array(65536)
for (let i = 0; i < 256; i++) {
  muToLinear[i] = expandMu(i)
  aToLinear[i] = expandA(i)
}
for (let i = -32768; i < 32768; i++) {
  linearToMu[i & 0xffff] = compressMu(i)
  linearToA[i & 0xffff] = compressA(i)
}

function encode(table: Uint8Array, pcm: Int16Array, count: number, out: Uint8Array, at: number): number {
  for (let i = 0; i < count; i++) out[at + i] = table[(pcm[i] as number) & 0xffff] as number
  return count
}

function decode(
  table: Int16Array,
  payload: Uint8Array,
  start: number,
  end: number,
  out: Int16Array,
  at: number,
): number {
  for (let i = start; i < end; i++) out[at + i - start] = table[payload[i] as number] as number
  return end - start
}

/** Codes `count` samples from the front of `pcm` to `out[at..]`. @returns octets written. */
export function encodePcmu(pcm: Int16Array, count: number, out: Uint8Array, at: number): number {
  return encode(linearToMu, pcm, count, out, at)
}

/** Decodes `payload[start..end)` to `out[at..]`. @returns samples written. */
export function decodePcmu(payload: Uint8Array, start: number, end: number, out: Int16Array, at: number): number {
  return decode(muToLinear, payload, start, end, out, at)
}

/** Codes `count` samples from the front of `pcm` to `out[at..]`. @returns octets written. */
export function encodePcma(pcm: Int16Array, count: number, out: Uint8Array, at: number): number {
  return encode(linearToA, pcm, count, out, at)
}

/** Decodes `payload[start..end)` to `out[at..]`. @returns samples written. */
export function decodePcma(payload: Uint8Array, start: number, end: number, out: Int16Array, at: number): number {
  return decode(aToLinear, payload, start, end, out, at)
}

const aToMu = new Uint8Array(256)
const muToA = new Uint8Array(256)
for (let i = 0; i < 256; i++) {
  aToMu[i] = linearToMu[(aToLinear[i] as number) & 0xffff] as number
  muToA[i] = linearToA[(muToLinear[i] as number) & 0xffff] as number
}

function recode(table: Uint8Array, payload: Uint8Array, start: number, end: number, out: Uint8Array, at: number) {
  for (let i = start; i < end; i++) out[at + i - start] = table[payload[i] as number] as number
  return end - start
}

/** PCMA to PCMU octet by octet, through the linear value. @returns octets written. */
export function pcmaToPcmu(payload: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  return recode(aToMu, payload, start, end, out, at)
}

/** PCMU to PCMA octet by octet, through the linear value. @returns octets written. */
export function pcmuToPcma(payload: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  return recode(muToA, payload, start, end, out, at)
}
