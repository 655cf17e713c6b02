/** Threads whose work nobody on the phone waits for go behind the one that signals, where they share a core. */

import { getPriority, setPriority } from 'node:os'

/** Niceness (setpriority(2)): a quarter of what an ordinary thread gets, so that a busy core does not starve them. */
const BEHIND = 5

/** Lets the thread that asks go behind others. Linux keeps niceness by thread; elsewhere it would be that of the whole process, and stays. */
export function giveWay(): void {
  if (process.platform === 'linux' && getPriority() < BEHIND) setPriority(BEHIND)
}
