/**
 * Searches octets for many needles in one pass (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994): two octets at
 * the end of a window tell how far no needle can end, so that most octets are never looked at. Of each needle the window
 * that is least like empty memory is searched for, and only where it is found the rest is compared.
 *
 * Knows nothing of processes and files, and keeps nothing of what it searched.
 */

import type { Needle } from './needles.ts'

export type NeedleSearch = {
  /** Octets of the longest needle. */
  readonly longest: number
  /** Adds the form of each needle that is in `octets[0..length)` to `forms`. */
  run(octets: Uint8Array, length: number, forms: Set<string>): void
}

const BLOCKS = 0x10000
/** Longest window: a longer one is hardly faster. */
const WINDOW_MAX = 8

type Anchored = { readonly needle: Needle /** Where the window begins in the needle. */; readonly at: number }

/** @returns a search for these needles, each of which has at least two octets. */
export function searchFor(needles: readonly Needle[]): NeedleSearch {
  const window = Math.min(WINDOW_MAX, ...needles.map(({ octets }) => octets.length))
  if (window < 2) throw new RangeError('a needle of one octet is everywhere')
  const shifts = new Uint8Array(BLOCKS).fill(window - 1)
  const ending = new Map<number, Anchored[]>()
  for (const needle of needles) {
    const at = anchorOf(needle.octets, window)
    for (let end = 1; end < window; end++) {
      const block = ((needle.octets[at + end - 1] as number) << 8) | (needle.octets[at + end] as number)
      shifts[block] = Math.min(shifts[block] as number, window - 1 - end)
      if (end === window - 1) ending.set(block, [...(ending.get(block) ?? []), { needle, at }])
    }
  }
  return {
    longest: Math.max(...needles.map(({ octets }) => octets.length)),
    run(octets, length, forms) {
      for (let last = window - 1; last < length; ) {
        const block = ((octets[last - 1] as number) << 8) | (octets[last] as number)
        const shift = shifts[block] as number
        if (shift > 0) {
          last += shift
          continue
        }
        for (const { needle, at } of ending.get(block) ?? []) {
          const start = last - (window - 1) - at
          if (isAt(octets, length, start, needle)) forms.add(needle.form)
        }
        last++
      }
    },
  }
}

/** The window with the most different octets, of those the one with the fewest zeros. */
function anchorOf(octets: Uint8Array, window: number): number {
  let best = 0
  let bestScore = -1
  for (let at = 0; at + window <= octets.length; at++) {
    const part = octets.subarray(at, at + window)
    const zeros = part.reduce((count, octet) => count + (octet === 0 ? 1 : 0), 0)
    // Two zeros at the end would make every stretch of empty memory a place to look at.
    const ends = part[window - 1] === 0 && part[window - 2] === 0 ? 0 : 1000
    const score = ends + new Set(part).size * 10 + window - zeros
    if (score > bestScore) {
      best = at
      bestScore = score
    }
  }
  return best
}

function isAt(octets: Uint8Array, length: number, start: number, { octets: wanted, alone }: Needle): boolean {
  const end = start + wanted.length
  if (start < 0 || end > length) return false
  for (let i = 0; i < wanted.length; i++) if (octets[start + i] !== wanted[i]) return false
  return !alone || !((start > 0 && isDigit(octets[start - 1])) || (end < length && isDigit(octets[end])))
}

function isDigit(octet: number | undefined): boolean {
  return octet !== undefined && octet >= 0x30 && octet <= 0x39
}
