/**
 * Which media process gets a new call, and why none does. Pure.
 *
 * By measured load: a call that is transcoded costs many times one that is relayed. What is measured lags behind what was just put on a process,
 * and calls that ring cost nothing yet, so each is taken to cost at least what so many relayed calls do. Differences below the grain of the
 * measurement are none: then the process with fewer calls gets the next.
 */

import type { FaultCode } from '../base/faults.ts'

/** What is known of one process that takes calls. */
export type Candidate = {
  readonly calls: number
  /** Part of a core, as measured. */
  readonly cpuShare: number
  /** Late for good. */
  readonly late: boolean
  /** Pairs of ports that nobody has. */
  readonly freePairs: number
}

export type Choice<C> =
  | { readonly result: 'chosen'; readonly candidate: C }
  | { readonly result: 'none'; readonly fault: FaultCode & ('media.lost' | 'media.full' | 'media.no-port') }

/** A call needs a port for each of its two legs. */
const PAIRS_OF_CALL = 2
/** Part of a core that makes a difference. */
const GRAIN = 0.02
/** Calls that a process must have ports for. */
const LEAST_CALLS = 4
/** What a call is taken to cost at least, part of a core: a relayed one on a slow core. */
const LEAST_SHARE = 0.002

/** @param candidates the processes that run. @param isUrgent late ones are taken, too. */
export function chooseProcess<C extends Candidate>(candidates: readonly C[], isUrgent = false): Choice<C> {
  if (candidates.length === 0) return { result: 'none', fault: 'media.lost' }
  // Nobody is hurt by a call in a process that has none: the machine is late by itself, and would be forever.
  const punctual = candidates.filter(({ late, calls }) => isUrgent || !late || calls === 0)
  if (punctual.length === 0) return { result: 'none', fault: 'media.full' }
  const roomy = punctual.filter(({ freePairs }) => freePairs >= PAIRS_OF_CALL)
  const steps = ({ cpuShare, calls }: C) => Math.round(Math.max(cpuShare, calls * LEAST_SHARE) / GRAIN)
  const [best] = roomy.toSorted((a, b) => steps(a) - steps(b) || a.calls - b.calls)
  return best === undefined ? { result: 'none', fault: 'media.no-port' } : { result: 'chosen', candidate: best }
}

/** Part of the pairs that may stay bound while nobody has them, and the most that are of use: those that are freed between two messages to control. */
const SPARE_PART = 1 / 8
const MOST_SPARES = 256

/** @returns how many of so many pairs stay bound from one port to the next. */
export function sparesOf(pairs: number): number {
  return Math.min(MOST_SPARES, Math.floor(pairs * SPARE_PART))
}

/** Splits the range into as many stretches as there are processes, each beginning at an even port. */
export function shareRange(
  processes: number,
  portMin: number,
  portMax: number,
): readonly { readonly portMin: number; readonly portMax: number }[] {
  const first = portMin + (portMin & 1)
  const pairs = Math.floor((portMax - first + 1) / 2 / processes)
  return Array.from({ length: processes }, (_, i) => ({
    portMin: first + i * pairs * 2,
    portMax: first + (i + 1) * pairs * 2 - 1,
  }))
}

/** @returns how many processes there are when nobody said: one a core, as long as each has ports for a few calls. */
export function processesFor(cores: number, portMin: number, portMax: number): number {
  const calls = Math.floor((portMax - portMin + 1) / 2 / PAIRS_OF_CALL)
  return Math.max(1, Math.min(cores, Math.floor(calls / LEAST_CALLS)))
}
