/** Sound goes before everything else that runs on the machine, and signalling before all but sound. */

import type { ChildProcess } from 'node:child_process'
import { getPriority, setPriority } from 'node:os'

/** Niceness of media and vaults: before everything that serves people and logs, behind the kernel's own (setpriority(2)). */
const SOUND_PRIORITY = -10
/** Of the thread that signals. The helpers that collect its garbage stay behind it: where a core is shared they would have it for as long as it. */
const SIGNALLING_PRIORITY = -5

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

/**
 * The same for the thread that asks, and for threads and processes that it starts unless they say otherwise: Linux keeps niceness by thread. Who was
 * started with a niceness of its own keeps it.
 */
export function raiseSignalling(): void {
  try {
    if (getPriority() === 0) setPriority(SIGNALLING_PRIORITY)
  } catch {
    // Not allowed here.
  }
}
