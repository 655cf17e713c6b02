/** The certificates that a configuration names for recordings, read from their files: by the start, a reload and `sotto config check` alike. */

import { readFileSync } from 'node:fs'
import type { ConfigProblem } from '../base/config-sources.ts'
import { asFault, fault } from '../base/fault.ts'
import type { Milliseconds } from '../base/units.ts'
import { type RecordingCertificate, readRecordingCertificate } from './recipients.ts'

/** @returns the text of a file, undefined when it cannot be read; may throw instead. */
export type ReadText = (path: string) => string | undefined

/** @param nowMs milliseconds since 1970. @throws Fault recording.certificate-unreadable, and those of `readRecordingCertificate`. */
export function readCertificateFile(
  path: string,
  nowMs: Milliseconds,
  read: ReadText = readText,
): RecordingCertificate {
  let text: string | undefined
  let cause: unknown
  try {
    text = read(path)
  } catch (thrown) {
    cause = thrown
  }
  if (text === undefined) throw fault('recording.certificate-unreadable', {}, cause)
  return readRecordingCertificate(text, nowMs)
}

/** @returns what is wrong with the certificates of `recording.certificates`, one problem a file. @param nowMs milliseconds since 1970. */
export function certificateFileProblems(
  paths: readonly string[],
  nowMs: Milliseconds,
  read: ReadText = readText,
): ConfigProblem[] {
  return paths.flatMap((path, at) => {
    try {
      readCertificateFile(path, nowMs, read)
      return []
    } catch (thrown) {
      const { row } = asFault(thrown)
      return [{ key: `recording.certificates[${at}]`, says: `${row.title}.`, advice: row.advice }]
    }
  })
}

function readText(path: string): string {
  return readFileSync(path, 'utf8')
}
