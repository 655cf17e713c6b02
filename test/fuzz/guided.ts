/**
 * Fuzzing that learns: an input that reaches code which none before it reached is cut to what it needs for that, and is a seed from then on. V8 takes
 * some milliseconds to tell what ran, so it is asked after many inputs, the more the less there is to learn, and which of them reached something new is
 * found by halves.
 */

import { type Counting, Reached } from './coverage.ts'
import { mutated } from './mutate.ts'
import { type Tally, type Target, tryRounds } from './target.ts'

/** Tries at making one kept input shorter. */
const CUTS = 60
/** Inputs between two questions. */
const [FEWEST, MOST] = [50, 1000]
/** Seeds that came last, to which every second step keeps: from them it is the shortest way on. */
const NEWEST = 8

export class Guide {
  readonly #target: Target
  readonly reached = new Reached()
  readonly #pool: Uint8Array[]
  readonly #given: number
  readonly #counting: Counting
  readonly #most: number
  readonly #onKept: (octets: Uint8Array) => void
  #step: number
  #isOfNewest = true

  /** @param most inputs between two questions; `onKept` hears of each input that is kept. */
  constructor(target: Target, counting: Counting, { most = MOST, onKept = (_: Uint8Array): void => {} } = {}) {
    this.#most = Math.min(most, target.rounds ?? MOST)
    this.#step = Math.min(FEWEST, this.#most)
    this.#pool = [...target.seeds]
    this.#given = target.seeds.length
    this.#target = target
    this.#counting = counting
    this.#onKept = onKept
    counting.take()
    for (const seed of this.#pool) this.reached.add(this.#ran([seed]))
  }

  get kept(): number {
    return this.#pool.length - this.#given
  }

  /** Tries some rounds, and keeps those that reached something. @returns the round to go on with. */
  async tryRounds(seed: number, from: number, tally: Tally): Promise<number> {
    const to = from + this.#step
    this.#isOfNewest = !this.#isOfNewest
    const seeds = this.#pool.slice(this.#isOfNewest ? -NEWEST : 0)
    // What others ran in their turns.
    this.#counting.take()
    const round = await tryRounds({ ...this.#target, seeds }, seed, from, tally, (each) => each < to)
    const taken = this.#counting.take()
    const isNew = this.reached.isNew(taken)
    this.#step = isNew ? Math.max(Math.min(FEWEST, this.#most), this.#step >> 1) : Math.min(this.#most, this.#step * 2)
    if (!isNew) return round
    this.#find(from, to, (each) => mutated(seeds, seed, each))
    // What ran for another reason than these inputs, such as a timer, is not looked for again.
    this.reached.add(taken)
    return round
  }

  #find(from: number, to: number, inputOf: (round: number) => Buffer): void {
    const taken = this.#ran(Array.from({ length: to - from }, (_, at) => inputOf(from + at)))
    if (!this.reached.isNew(taken)) return
    if (to - from === 1) this.#keep(inputOf(from), taken)
    else {
      const middle = (from + to) >> 1
      this.#find(from, middle, inputOf)
      this.#find(middle, to, inputOf)
    }
  }

  #keep(octets: Buffer, taken: ReturnType<Counting['take']>): void {
    const kept = this.#shortened(octets)
    this.reached.add(taken)
    // A reader with a memory reaches something else with the same.
    if (this.#pool.some((each) => Buffer.compare(each, kept) === 0)) return
    this.#pool.push(kept)
    this.#onKept(kept)
  }

  /** Pieces of it are left out, larger ones first, as long as something new is reached. */
  #shortened(octets: Buffer): Buffer {
    let [kept, tries] = [octets, 0]
    for (let size = kept.length >> 1; size > 0 && tries < CUTS; size >>= 1) {
      for (let at = 0; at < kept.length && tries < CUTS; tries += 1) {
        const without = Buffer.concat([kept.subarray(0, at), kept.subarray(at + size)])
        if (this.reached.isNew(this.#ran([without]))) kept = without
        else at += size
      }
    }
    return Buffer.from(kept)
  }

  /** @returns what these inputs run, and whatever else did since it was last asked; what they break is told when they are tried. */
  #ran(inputs: readonly Uint8Array[]): ReturnType<Counting['take']> {
    for (const octets of inputs) {
      try {
        this.#target.check(Buffer.from(octets))
      } catch {}
    }
    return this.#counting.take()
  }
}
