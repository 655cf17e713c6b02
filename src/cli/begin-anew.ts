/**
 * Begins this very process anew, with a C library that overwrites what it frees, with Node's compile cache, and on one core with a collector of garbage that is made for that: all of
 * it is settled when a program begins, and never later.
 */

import { availableParallelism } from 'node:os'
import { compileCacheBeside } from '../base/compile-cache.ts'
import { environmentToBeginWith } from '../base/freed-memory.ts'

/**
 * Where there is one core, threads that collect garbage beside the event loop only take turns with it, and so calls wait for them; so do those that compile, of which one is enough; and half
 * of the usual room for what is new is collected in half the time. At 200 calls a second the loop was late by 40 ms at p99 and 96 at most without any of it (`bench/README.md` has what it is now).
 */
const ON_ONE_CORE = ['--single-threaded-gc', '--max-semi-space-size=8', '--v8-pool-size=1'] as const

/**
 * Does not return where the process was begun anew (execve(2): the same process id and standard files). Without effect where that is not possible or was done.
 * @param appFolder that holds the program, with a slash at its end.
 */
export function beginAnew(appFolder: string): void {
  const env = environmentToBeginWith({ ...compileCacheBeside(appFolder), ...process.env })
  if (env === undefined || process.platform !== 'linux' || process.execve === undefined) return
  const flags = availableParallelism() === 1 ? ON_ONE_CORE : []
  try {
    process.execve(process.execPath, [process.execPath, ...flags, ...process.execArgv, ...process.argv.slice(1)], env)
  } catch {
    // Not allowed here: what can be overwritten by hand is (`leftovers.ts`).
  }
}
