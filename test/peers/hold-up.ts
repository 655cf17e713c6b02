/** Makes a process late on any machine: stops it for a moment, again and again, each time for less than what it would be taken for dead after. */

import { readFileSync } from 'node:fs'

const STOPPED_MS = 250
const RUNNING_MS = 100
/** Of a processor's time, so that it has had some and said that it lives; it takes several times that in `RUNNING_MS`. */
const RAN_NS = 200_000

/** @returns the function that lets it run for good; may be called twice. */
export function holdUpAgainAndAgain(pid: number): () => void {
  let stopped = false
  let ranNs = 0
  let timer: NodeJS.Timeout | undefined
  const send = (signal: 'SIGSTOP' | 'SIGCONT') => {
    try {
      process.kill(pid, signal)
    } catch {
      // It has ended.
    }
  }
  const turn = () => {
    // On a busy machine it may get no processor while it could run, and be taken for dead after the next stop.
    if (stopped || ranFor(pid) - ranNs > RAN_NS) stopped = !stopped
    send(stopped ? 'SIGSTOP' : 'SIGCONT')
    if (!stopped) ranNs = ranFor(pid)
    timer = setTimeout(turn, stopped ? STOPPED_MS : RUNNING_MS)
  }
  turn()
  return () => {
    clearTimeout(timer)
    send('SIGCONT')
  }
}

/** @returns how long its first thread had a processor (`/proc/PID/schedstat`), nanoseconds; 0 when it has ended. */
function ranFor(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0])
  } catch {
    return 0
  }
}
