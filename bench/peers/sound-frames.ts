/** Speech in a codec, cut into packets' payloads for the generator: two octets of length before each. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createEncoder } from '../../src/rtp/codec.ts'
import { Downsample2, Upsample2 } from '../../src/rtp/resample.ts'
import { parseWav } from '../../src/rtp/wav.ts'
import type { Codec } from './relay.ts'

const PROMPTS = ['welcome', 'ask-card-number', 'ask-expiry', 'ask-security-code'] as const
const PACKETS_A_SECOND = 50
const PAYLOAD_MAX = 1500

/** Writes a file of some seconds of speech. @returns its name. */
export function writeFrames(folder: string, codec: Codec): string {
  const encoder = createEncoder(codec)
  const samples = speech(encoder.sampleRate)
  const size = encoder.sampleRate / PACKETS_A_SECOND
  const coded = new Uint8Array(PAYLOAD_MAX)
  const parts: Buffer[] = []
  for (let at = 0; at + size <= samples.length; at += size) {
    const octets = encoder.encode(samples.subarray(at, at + size), size, coded, 0)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(octets)
    parts.push(length, Buffer.from(coded.subarray(0, octets)))
  }
  const file = join(folder, `${codec}.frames`)
  writeFileSync(file, Buffer.concat(parts))
  return file
}

function speech(rate: 8000 | 16000): Int16Array {
  const prompts = PROMPTS.map((name) => {
    const wav = parseWav(readFileSync(resolve(import.meta.dirname, '../../prompts/en', `${name}.wav`)))
    if (wav === undefined) throw new Error(`no prompt ${name}`)
    return atRate(wav.samples, wav.sampleRate, rate)
  })
  const all = new Int16Array(prompts.reduce((sum, { length }) => sum + length, 0))
  prompts.reduce((at, prompt) => {
    all.set(prompt, at)
    return at + prompt.length
  }, 0)
  return all
}

function atRate(samples: Int16Array, from: number, to: number): Int16Array {
  if (from === to) return samples
  const even = samples.length & ~1
  const out = new Int16Array(samples.length * 2)
  return out.subarray(
    0,
    from > to ? new Downsample2().run(samples, even, out) : new Upsample2().run(samples, even, out),
  )
}
