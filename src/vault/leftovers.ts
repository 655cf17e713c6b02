/**
 * Overwrites what a request and its reply leave behind. The stack among it: a reply that repeats what was keyed would stay there until something
 * as deep happens to come by.
 */

import { overwriteFree, overwriteRegisters, overwriteStack } from '../base/leftovers.ts'

/** To be called from a turn of the loop of its own, when nothing of the reading is on the stack any more. */
export function overwriteLeftovers(): void {
  overwriteStack()
  overwriteRegisters()
  overwriteFree()
}
