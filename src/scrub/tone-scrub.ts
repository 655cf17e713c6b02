/**
 * Cuts every tone of a keypad out of a track, and everything that might be taken for one, with margins; then writes the tones of other
 * digits where keys were heard. It listens to what it wrote and goes on cutting until nothing is left but what it meant to write. A press
 * that cannot be written so that it is heard once - in a loss, in a place that is too short - stays silent.
 */

import { createEncoder } from '../rtp/codec.ts'
import { ComfortNoise } from '../rtp/comfort-noise.ts'
import { G722Encoder } from '../rtp/g722.ts'
import { levelOf, writeKey } from '../rtp/tone.ts'
import { decodeTrack, type SoundTrack, type Span, writeTrack } from './sound-track.ts'
import { scanTones, type TonePress } from './tone-scan.ts'

/** A key that was heard, and what it becomes. */
export type ToneMark = TonePress & {
  /** Since 1970, when the packet with its beginning was captured. */
  readonly atMs: number
  /** Event code to write, or -1 for silence. */
  now: number
}

export type ToneScrub = {
  /** Milliseconds of sound that were replaced. */
  readonly cutMs: number
  /** Presses that were heard and stayed silent although another digit was to take their place. */
  readonly leftSilent: number
}

/** Cut before and behind what is suspicious, ms: a window sees a tone from its first third on. */
const BEFORE_MS = 15
const BEHIND_MS = 15
/** A written tone is at least so long, and so far from the one before, ms (ITU-T Q.24 asks for 40 each). */
const LEAST_TONE_MS = 50
const LEAST_PAUSE_MS = 45
/** Levels of each written tone, dBm0. */
const LOUDEST = -6
const WEAKEST = -20
/** How far from where it was meant a tone may be heard, ms, and how far around it suspicion is its own. */
const NEAR_MS = 25
const ROUNDS = 8

/** @returns the keys in a track, each to become itself. */
export function tonesIn(track: SoundTrack): {
  readonly marks: readonly ToneMark[]
  readonly suspects: readonly Span[]
} {
  const pcm = decodeTrack(track)
  const { presses, suspects } = scanTones(pcm, rateOf(track), inSamples(track, track.lost))
  pcm.fill(0)
  const marks = presses.map((press) => ({ ...press, now: press.code, atMs: timeAt(track, press.from) }))
  return { marks, suspects }
}

/** Cuts and writes. @param found what `tonesIn` gave; the marks' `now` decides, and is -1 afterwards where silence was left. */
export function scrubTones(track: SoundTrack, found: ReturnType<typeof tonesIn>): ToneScrub {
  const { marks } = found
  if (found.suspects.length === 0) return { cutMs: 0, leftSilent: 0 }
  const rate = rateOf(track)
  const original = decodeTrack(track)
  const wanted = marks.filter(({ now }) => now >= 0).length
  const level = levelFor(original, marks)
  const cuts: Span[] = [...found.suspects]
  for (let round = 0; round < ROUNDS; round++) {
    if (round === ROUNDS - 1) for (const mark of marks) mark.now = -1
    const tones = placeTones(marks, original.length, rate)
    // What was written once is written over in every later round.
    cuts.push(...tones)
    const spans = widened(cuts, rate, original.length)
    const pcm = original.slice()
    const noise = new ComfortNoise()
    for (const { from, to } of spans) noise.fill(pcm.subarray(from, to), to - from)
    for (const { from, to, mark } of tones) writeKey(pcm, from, mark.now, ((to - from) * 1000) / rate, level, rate)
    const octetSpans = merged(spans.map((span) => inOctets(track, span)))
    writeTrack(track, codedTrack(track, pcm, original, octetSpans), octetSpans)
    pcm.fill(0)
    if (isClean(track, tones, cuts)) {
      const cut = octetSpans.reduce((sum, { from, to }) => sum + to - from, 0)
      original.fill(0)
      return { cutMs: cut / 8, leftSilent: wanted - marks.filter(({ now }) => now >= 0).length }
    }
  }
  original.fill(0)
  // What is wrong with it is found by the search that every output has to pass.
  return { cutMs: 0, leftSilent: wanted }
}

/** Listens to what was written, and notes what has to be cut or left out in the next round. */
function isClean(track: SoundTrack, written: readonly WrittenTone[], cuts: Span[]): boolean {
  const rate = rateOf(track)
  const near = (NEAR_MS * rate) / 1000
  const pcm = decodeTrack(track)
  const { presses, suspects } = scanTones(pcm, rate, inSamples(track, track.lost))
  pcm.fill(0)
  let clean = true
  for (const tone of written) {
    const heard = presses.filter(({ from }) => from > tone.from - near && from < tone.to + near)
    const right = heard.length === 1 && heard[0]?.code === tone.mark.now && Math.abs(heard[0].from - tone.from) <= near
    if (right) continue
    clean = false
    tone.mark.now = -1
  }
  for (const suspect of suspects) {
    if (written.some(({ from, to }) => suspect.from >= from - near && suspect.to <= to + near)) continue
    // A suspicion that reaches into a written tone from afar is of two things; both go.
    for (const tone of written) if (suspect.from < tone.to && suspect.to > tone.from) tone.mark.now = -1
    clean = false
    cuts.push(suspect)
  }
  return clean
}

type WrittenTone = Span & { readonly mark: ToneMark }

/** Where the tones go; a mark that has no room for one becomes silent. */
function placeTones(marks: readonly ToneMark[], length: number, rate: number): WrittenTone[] {
  const perMs = rate / 1000
  const placed: WrittenTone[] = []
  const kept = marks.filter(({ now }) => now >= 0)
  for (const [i, mark] of kept.entries()) {
    const next = kept[i + 1]
    const latest = next === undefined ? length : next.from - LEAST_PAUSE_MS * perMs
    // Even, as an octet of G.722 has two samples.
    const from = mark.from & ~1
    const to = from + ((Math.min(Math.max(mark.to, from + LEAST_TONE_MS * perMs), latest) - from) & ~1)
    if (to - from < (LEAST_TONE_MS - 5) * perMs) mark.now = -1
    else placed.push({ from, to, mark })
  }
  return placed
}

/** The level of each tone that sounds as loud as the keys did, the same for all: a weaker repeat would pass for an echo. */
function levelFor(pcm: Int16Array, marks: readonly ToneMark[]): number {
  const levels = marks.map(({ from, to }) => {
    let sum = 0
    for (let i = from; i < to; i++) sum += (pcm[i] as number) ** 2
    return levelOf(sum / Math.max(1, to - from) / 2)
  })
  const middle = levels.sort((a, b) => a - b)[levels.length >> 1] ?? WEAKEST
  return Math.round(Math.max(WEAKEST, Math.min(LOUDEST, middle)))
}

/** Codes the new sound of the spans; G.722 goes along with the octets between them, so that its predictor never jumps. */
function codedTrack(track: SoundTrack, pcm: Int16Array, original: Int16Array, spans: readonly Span[]): Uint8Array {
  const octets = new Uint8Array(track.length)
  if (track.codec !== 'G722') {
    const encoder = createEncoder(track.codec)
    for (const { from, to } of spans) encoder.encode(pcm.subarray(from, to), to - from, octets, from)
    return octets
  }
  const encoder = new G722Encoder()
  for (const { at, size, copies } of track.pieces) {
    const source = copies[0] as Uint8Array
    for (let n = at; n < at + size; ) {
      const span = spans.find(({ to }) => to > n)
      const inside = span !== undefined && span.from <= n
      const end = Math.min(at + size, span === undefined ? at + size : inside ? span.to : span.from)
      if (inside) encoder.encode(pcm.subarray(2 * n), 2 * (end - n), octets, n)
      else encoder.follow(source, n - at, end - at, original, 2 * n)
      n = end
    }
  }
  return octets
}

function widened(spans: readonly Span[], rate: number, length: number): Span[] {
  const before = (BEFORE_MS * rate) / 1000
  const behind = (BEHIND_MS * rate) / 1000
  return merged(spans.map(({ from, to }) => ({ from: Math.max(0, from - before), to: Math.min(length, to + behind) })))
}

function merged(spans: readonly Span[]): Span[] {
  const out: { from: number; to: number }[] = []
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = out.at(-1)
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to)
    else out.push({ from, to })
  }
  return out
}

function inOctets({ perOctet, length }: SoundTrack, { from, to }: Span): Span {
  return { from: Math.floor(from / perOctet), to: Math.min(length, Math.ceil(to / perOctet)) }
}

function inSamples({ perOctet }: SoundTrack, spans: readonly Span[]): Span[] {
  return spans.map(({ from, to }) => ({ from: from * perOctet, to: to * perOctet }))
}

function rateOf({ perOctet }: SoundTrack): 8000 | 16000 {
  return perOctet === 1 ? 8000 : 16000
}

function timeAt({ pieces, perOctet }: SoundTrack, sample: number): number {
  const piece = pieces.findLast(({ at }) => at * perOctet <= sample) ?? pieces[0]
  return piece === undefined ? 0 : piece.atMs + (sample / perOctet - piece.at) / 8
}
