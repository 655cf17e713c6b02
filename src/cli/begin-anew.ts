/**
 * Begins this very process anew, with a C library that overwrites what it frees, and with Node's compile cache: both are settled when a program
 * begins, and never later.
 */

import { compileCacheBeside } from '../base/compile-cache.ts'
import { environmentToBeginWith } from '../base/freed-memory.ts'

/**
 * Does not return where the process was begun anew (execve(2): the same process id and standard files). Without effect where that is not possible or was done.
 * @param appFolder that holds the program, with a slash at its end.
 */
export function beginAnew(appFolder: string): void {
  const env = environmentToBeginWith({ ...compileCacheBeside(appFolder), ...process.env })
  if (env === undefined || process.platform !== 'linux' || process.execve === undefined) return
  try {
    process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], env)
  } catch {
    // Not allowed here: what can be overwritten by hand is (`leftovers.ts`).
  }
}
