/** Sound goes before everything else that runs on the machine. */

import type { ChildProcess } from 'node:child_process'
import { setPriority } from 'node:os'

/** Niceness of media and vaults: before everything that serves people and logs, behind the kernel's own (setpriority(2)). */
const SOUND_PRIORITY = -10

/**
 * Lets a process that sends sound every few milliseconds go before others on a busy machine. Needs CAP_SYS_NICE; without it the
 * process runs like any other.
 */
export function raised(child: ChildProcess): ChildProcess {
  try {
    if (child.pid !== undefined) setPriority(child.pid, SOUND_PRIORITY)
  } catch {
    // Not allowed here: sound is as punctual as the machine is idle.
  }
  return child
}
