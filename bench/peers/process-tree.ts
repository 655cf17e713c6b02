/** Processor time of a process and everything it started, threads that have ended too: a server may have one for each call. */

import { descendantsOf } from '../../src/leak/memory-search.ts'
import { cpuMs } from '../../test/peers/process-times.ts'

/** A server under measurement. */
export type Measured = {
  readonly name: string
  readonly sipPort: number
  /** Its first processes; what they started is counted with them. */
  readonly processIds: readonly number[]
  stop(): Promise<void>
}

/** @returns the time that each process of a server has had so far, user and system, milliseconds. */
export function cpuByProcess(server: Measured): ReadonlyMap<number, number> {
  return new Map(server.processIds.flatMap(descendantsOf).map((pid) => [pid, cpuMs(pid)]))
}
