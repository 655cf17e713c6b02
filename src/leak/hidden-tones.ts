/**
 * Are the caller's keys hidden in what another leg hears, too quiet for a receiver of tones? It is known which key was pressed when: if the sound
 * around each press holds more of the very two frequencies of its key than it would with the keys in any other order, they are there.
 * A permutation test; finds tones far below the music they are mixed into. Pure.
 */

import type { Milliseconds } from '../base/units.ts'
import { goertzelPower, highHz, levelOf, lowHz } from '../rtp/tone.ts'

export type Sound = {
  readonly pcm: Int16Array
  readonly sampleRate: 8000 | 16000
  /** @returns the sample that arrived at a time. */
  sampleAt(atMs: Milliseconds): number
}

export type Press = { readonly atMs: Milliseconds /** RFC 4733 event code. */; readonly code: number }

/** A leak may lag behind the press by so much, milliseconds. */
const WINDOW_MS = 260
const STEP_MS = 50
const SHUFFLES = 4000
/** As likely by chance as one in two thousand. */
const P_LIMIT = 0.0005
const LEAST_PRESSES = 8
const CODES = 16

/** @returns the chance that the order of the keys has nothing to do with the sound; 1 when there were too few presses. */
export function hiddenTonesChance(sound: Sound, presses: readonly Press[]): number {
  const rows = presses.flatMap(({ atMs, code }) => {
    const levels = levelsAt(sound, atMs)
    return levels === undefined ? [] : [{ code, levels }]
  })
  if (rows.length < LEAST_PRESSES) return 1
  const codes = rows.map(({ code }) => code)
  const scoreOf = (order: readonly number[]): number =>
    rows.reduce((sum, { levels }, i) => sum + (levels[order[i] as number] as number), 0)
  const actual = scoreOf(codes)
  const random = randomFrom(1)
  let asGood = 0
  for (let round = 0; round < SHUFFLES; round++) if (scoreOf(shuffled(codes, random)) >= actual) asGood++
  return (asGood + 1) / (SHUFFLES + 1)
}

/** Whether a chance is small enough to call it a leak. */
export function isHidden(chance: number): boolean {
  return chance <= P_LIMIT
}

/** Level of both tones of each key around a press, the loudest of some windows, dB; undefined when nothing was heard then. */
function levelsAt(sound: Sound, atMs: Milliseconds): readonly number[] | undefined {
  const { pcm, sampleRate } = sound
  const count = (sampleRate * 2 * STEP_MS) / 1000
  const [from, to] = [sound.sampleAt(atMs), sound.sampleAt(atMs + WINDOW_MS)]
  if (to - from < count || to > pcm.length) return undefined
  return Array.from({ length: CODES }, (_, code) => {
    let best = -200
    for (let at = from; at + count <= to; at += count / 2) {
      const low = levelOf(goertzelPower(pcm, at, count, lowHz(code), sampleRate))
      const high = levelOf(goertzelPower(pcm, at, count, highHz(code), sampleRate))
      best = Math.max(best, Math.max(-90, low) + Math.max(-90, high))
    }
    return best
  })
}

/** Always the same row of numbers below 1, so that a capture is always judged alike. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 0x1_0000_0000
  }
}

function shuffled(row: readonly number[], random: () => number): readonly number[] {
  const out = [...row]
  for (let i = out.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1))
    ;[out[i], out[other]] = [out[other] as number, out[i] as number]
  }
  return out
}
