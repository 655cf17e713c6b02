/** What a fuzzed reader is, and how it is fuzzed: by rounds, each of which can be had again. */

import { ownCpuMs } from '../peers/process-times.ts'
import { mutated } from './mutate.ts'

export type Target = {
  readonly name: string
  /** Sound inputs, from which the wrong ones are made. */
  readonly seeds: readonly Uint8Array[]
  /** Reads the input, which it may overwrite. @throws when a property does not hold. */
  readonly check: (octets: Buffer) => void
  /** Cuts of each seed, evenly spread; at every octet when absent. */
  readonly cuts?: number
  /** ms that one input may take, where that is not the limit of what strangers send. */
  readonly slowestMs?: number
  /** Mutated inputs of the bounded test. */
  readonly rounds?: number
  /** Called after each run of rounds: what the reader keeps is looked at, and let go. */
  readonly settle?: () => void | Promise<void>
}

/** An input that broke a property, or took too long. */
export type Flaw = {
  readonly target: string
  readonly seed: number
  /** The round, or `cut N` of a seed. */
  readonly round: number | `${number} cut to ${number}`
  readonly says: string
  readonly octets: Buffer
}

export type Tally = { rounds: number; octets: number; slowestMs: number; slowest: Buffer; readonly flaws: Flaw[] }

/** ms of this thread that one input may take. */
export const SLOWEST_MS = 50

export const emptyTally = (): Tally => ({ rounds: 0, octets: 0, slowestMs: 0, slowest: Buffer.alloc(0), flaws: [] })

/** Fails the property: with what was expected to hold. */
export function holds(isSo: boolean, says: string): asserts isSo {
  if (!isSo) throw new Error(says)
}

/** Checks one input and notes it. A first time may be slow for the compiler's sake, so a slow one is measured again. */
export function tryInput(target: Target, octets: Buffer, at: Pick<Flaw, 'seed' | 'round'>, tally: Tally): void {
  tally.rounds += 1
  tally.octets += octets.length
  const flaw = (says: string) => void tally.flaws.push({ target: target.name, ...at, says, octets })
  const mostMs = target.slowestMs ?? SLOWEST_MS
  let ms = timed(target, octets, flaw)
  for (let again = 0; again < 2 && ms > mostMs; again += 1)
    ms = Math.min(
      ms,
      timed(target, octets, () => {}),
    )
  if (ms > tally.slowestMs) Object.assign(tally, { slowestMs: ms, slowest: octets })
  if (ms > mostMs) flaw(`took ${ms.toFixed(0)} ms`)
}

function timed(target: Target, octets: Buffer, flaw: (says: string) => void): number {
  // Readers overwrite what they were given.
  const copy = Buffer.from(octets)
  const startMs = ownCpuMs()
  try {
    target.check(copy)
  } catch (thrown) {
    flaw(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown))
  }
  return ownCpuMs() - startMs
}

/** Every seed cut at every octet, or at some. */
export function tryCuts(target: Target, tally: Tally): void {
  for (const [index, sound] of target.seeds.entries()) {
    const step = Math.max(1, Math.floor(sound.length / (target.cuts ?? sound.length)))
    for (let end = 0; end <= sound.length; end += step)
      tryInput(target, Buffer.from(sound.subarray(0, end)), { seed: 0, round: `${index} cut to ${end}` }, tally)
  }
}

/** Mutated inputs from round `from` on, as long as `goesOn` says. @returns the round to go on with. */
export async function tryRounds(
  target: Target,
  seed: number,
  from: number,
  tally: Tally,
  goesOn: (round: number) => boolean,
): Promise<number> {
  let round = from
  for (; goesOn(round); round += 1) tryInput(target, mutated(target.seeds, seed, round), { seed, round }, tally)
  try {
    await target.settle?.()
  } catch (thrown) {
    const says = `before round ${round}: ${thrown instanceof Error ? thrown.message : String(thrown)}`
    tally.flaws.push({ target: target.name, seed, round, says, octets: Buffer.alloc(0) })
  }
  return round
}
