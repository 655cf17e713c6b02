/** Makes a process late on any machine: stops it for a moment, again and again, each time for less than what it would be taken for dead after. */

const STOPPED_MS = 250
const RUNNING_MS = 100

/** @returns the function that lets it run for good; may be called twice. */
export function holdUpAgainAndAgain(pid: number): () => void {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const send = (signal: 'SIGSTOP' | 'SIGCONT') => {
    try {
      process.kill(pid, signal)
    } catch {
      // It has ended.
    }
  }
  const turn = () => {
    stopped = !stopped
    send(stopped ? 'SIGSTOP' : 'SIGCONT')
    timer = setTimeout(turn, stopped ? STOPPED_MS : RUNNING_MS)
  }
  turn()
  return () => {
    clearTimeout(timer)
    send('SIGCONT')
  }
}
