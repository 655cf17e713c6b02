/**
 * Lines for whoever reads standard output. A reader may have seen enough and be gone, as in `sotto replay FILE | head`: that is no fault
 * of the command's, which then does the rest of its work in silence and ends as it would have.
 */

/** Of a pipe, and of a terminal that was closed. */
const GONE: readonly (string | undefined)[] = ['EPIPE', 'EIO']

/** Called once, when nobody reads any more. */
let whenUnread: () => void = () => undefined

/** What a command does that would go on for ever otherwise: a server has calls to end before it goes. */
export function onceUnread(act: () => void): void {
  whenUnread = act
}

/** @returns writes a line to a stream for as long as somebody reads it. */
export function linesTo(stream: NodeJS.WritableStream): (line: string) => void {
  let unread = false
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!GONE.includes(error.code)) throw error
    if (unread) return
    unread = true
    whenUnread()
  })
  return (line) => {
    if (!unread) stream.write(`${line}\n`)
  }
}
