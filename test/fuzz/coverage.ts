/**
 * What code of the readers has run, as V8 counts it itself (Profiler domain of the inspector protocol): nothing is written into the sources, and what is
 * fuzzed is what runs. V8 only counts blocks of functions that it compiled after the start, so readers are imported after it.
 */

import { type Profiler, Session } from 'node:inspector'

/** From and to, in characters of the source. */
type Stretch = readonly [from: number, to: number]
/** Stretches that did not run, in order and apart, of each function that did: by script and place. */
type Taken = ReadonlyMap<string, readonly Stretch[]>

/** @returns what did not run of a function that did. Ranges are nested, outer ones first; a range that is not named ran as often as what is around it. */
function notRun({ ranges }: Profiler.FunctionCoverage): readonly Stretch[] {
  const missed: Stretch[] = []
  for (const { startOffset, endOffset, count } of ranges) if (count === 0) missed.push([startOffset, endOffset])
  return missed
}

/** What lies in both; each of them is in order. */
function inBoth(one: readonly Stretch[], other: readonly Stretch[]): readonly Stretch[] {
  const both: Stretch[] = []
  for (const [from, to] of one) {
    for (const [otherFrom, otherTo] of other) {
      const [start, end] = [Math.max(from, otherFrom), Math.min(to, otherTo)]
      if (start < end) both.push([start, end])
    }
  }
  return both
}

const lengthOf = (stretches: readonly Stretch[]): number => stretches.reduce((sum, [from, to]) => sum + to - from, 0)

/** Counting by V8, of this thread. It slows the thread down until it is closed. */
export class Counting {
  readonly #session = new Session()
  readonly #isCounted: (url: string) => boolean

  /** @param isCounted whether a script is of interest, by its URL. */
  constructor(isCounted: (url: string) => boolean) {
    this.#isCounted = isCounted
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** @returns what ran since the last time. */
  take(): Taken {
    const taken = new Map<string, readonly Stretch[]>()
    // Its answer comes before `post` returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error !== null) throw error
      for (const { url, functions } of result) {
        if (!this.#isCounted(url)) continue
        for (const each of functions) {
          const { startOffset, endOffset, count } = each.ranges[0] ?? { startOffset: 0, endOffset: 0, count: 0 }
          if (count > 0) taken.set(`${url}:${startOffset}-${endOffset}`, notRun(each))
        }
      }
    })
    return taken
  }

  close(): void {
    this.#session.disconnect()
  }
}

/** Everything that ran so far for one reader. */
export class Reached {
  readonly #missed = new Map<string, readonly Stretch[]>()
  /** Functions, and every stretch that was ever left out in one: as good as V8's blocks. */
  readonly #blocks = new Set<string>()

  /** @returns whether a function or a stretch ran that did not before. */
  isNew(taken: Taken): boolean {
    for (const [place, missed] of taken) {
      const before = this.#missed.get(place)
      if (before === undefined || (before.length > 0 && lengthOf(inBoth(before, missed)) < lengthOf(before)))
        return true
    }
    return false
  }

  add(taken: Taken): void {
    for (const [place, missed] of taken) {
      const before = this.#missed.get(place)
      this.#missed.set(place, before === undefined ? missed : inBoth(before, missed))
      this.#blocks.add(place)
      for (const [from, to] of missed) this.#blocks.add(`${place} ${from}-${to}`)
    }
  }

  /** Blocks that ran, and all that are known: those of functions that were never called are not. */
  get blocks(): { readonly reached: number; readonly known: number } {
    let missed = 0
    for (const stretches of this.#missed.values()) missed += stretches.length
    return { reached: this.#blocks.size - missed, known: this.#blocks.size }
  }
}
