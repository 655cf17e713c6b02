/** A command that says what went wrong in the words of the fault table. */

import { Fault } from '../base/fault.ts'
import type { WriteLine } from './configured.ts'

/** @returns 0 when it went well, 1 after having said why not. */
export async function telling(write: WriteLine, work: () => Promise<void>): Promise<0 | 1> {
  try {
    await work()
    return 0
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    write(`${thrown.row.title}. ${thrown.row.advice}`)
    return 1
  }
}
