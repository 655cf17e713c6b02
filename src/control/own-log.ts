/** The log of control on its standard output, which may be a file on a disk that is full, or a pipe whose reader is held up: neither ends the server. Of a pipe that nobody reads any more, `cli/output.ts` hears. */

import { fstatSync, writeSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import { type AdjustableLog, createLog, type LogLevel } from '../base/log.ts'
import { createLogWriter, type LogWriter } from './log-writer.ts'

const OUT = 1
/** Of lines that a pipe does not take: a reader who was held up for a moment gets them all. */
const MOST_UNREAD_OCTETS = 4 * 1024 * 1024

/** @param say for the person at the terminal. */
export function openLog(
  level: LogLevel,
  clock: Pick<Clock, 'after'>,
  say: (line: string) => void,
): { readonly log: AdjustableLog; readonly lines: LogWriter } {
  // A stream whose error nobody hears ends the process.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const lines = createLogWriter({
    put: isFile(OUT) ? (octets) => writeSync(OUT, octets) : putToStream,
    clock,
    onFailed: () =>
      say('The log cannot be written: make room on its disk, or see to whoever reads it. Lines wait, and calls go on.'),
    onResumed: (dropped) => log.warn('log.resumed', { dropped }),
  })
  const log = createLog({ level, write: lines.write, wallMs: Date.now, process: 'control' })
  return { log, lines }
}

/** Node waits for a file, and its stream is no more after the first error. */
function isFile(handle: number): boolean {
  try {
    return fstatSync(handle).isFile()
  } catch {
    return false
  }
}

/** @throws when whoever reads is so far behind that more of it would only fill memory. */
function putToStream(octets: Uint8Array): number {
  if (process.stdout.writableLength > MOST_UNREAD_OCTETS) throw new Error('nobody reads')
  process.stdout.write(octets)
  return octets.length
}
