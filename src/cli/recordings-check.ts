/**
 * `sotto recordings check`: opens recordings, keeps nothing of them, and says whether all of it is there and whether a key was heard near a stretch that
 * was withheld (N-12). Which key it was is never said.
 */

import { basename } from 'node:path'
import { Fault, fault } from '../base/fault.ts'
import { alongTimeline, giveSound, type OpeningKey, type Survey, surveyOf, ToneWatch } from '../record/index.ts'
import type { WriteLine } from './configured.ts'
import { type KeyChoice, openingKeyOf, openRecording, type RecordingFile } from './recording-files.ts'
import { countText, cutText, flawTexts, progressOf, stretchText, surveyText, tonesText } from './recording-words.ts'
import { telling } from './telling.ts'

export type RecordingsCheckInput = KeyChoice & { readonly files: readonly string[] }

/** A copy may have any name; one of this form says which call it is. */
const NAME_OF_CALL = /call-[a-z]+\.p7m$/

/** @returns 0 nothing was found, 1 something was, or a recording cannot be opened. */
export async function recordingsCheck(input: RecordingsCheckInput, write: WriteLine): Promise<0 | 1> {
  let bad = 0
  const told = await telling(write, async () => {
    const key = openingKeyOf(input)
    for (const path of input.files) {
      const findings = findingsIn(path, key, write)
      for (const finding of findings) write(`  ${finding}`)
      write(findings.length === 0 ? '  everything holds' : `  ${countText(findings.length, 'finding')}`)
      if (findings.length > 0) bad++
    }
    if (input.files.length > 1) write(`${countText(input.files.length, 'recording')}, ${bad} with findings`)
  })
  return told === 1 || bad > 0 ? 1 : 0
}

function findingsIn(path: string, key: OpeningKey, write: WriteLine): readonly string[] {
  try {
    const file = openRecording(path)
    try {
      return lookThrough(path, file, key, write)
    } finally {
      file.close()
    }
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.code === 'recording.key-mismatch') throw thrown
    write(path)
    return [`${thrown.row.title}. ${thrown.row.advice}`]
  }
}

function lookThrough(path: string, file: RecordingFile, key: OpeningKey, write: WriteLine): readonly string[] {
  const survey = surveyOf(alongTimeline(file.opened(key, progressOf(file.size, 'looking through', write))))
  if (survey.segments === 0) throw survey.flaws[0]?.fault ?? fault('recording.not-sealed')
  write(`${path}: ${surveyText(survey)}`)
  const watch = new ToneWatch(survey)
  const events = alongTimeline(file.opened(key, progressOf(file.size, 'listening', write)))
  if (survey.withheld.length > 0) giveSound(events, survey, (caller, _agent, count) => watch.hear(caller, count))
  const findings = [...flawTexts(survey), ...endings(path, file, survey)]
  for (const stretch of watch.close()) {
    const text = `${stretchText(stretch)}: ${tonesText(stretch.tonesAtMs)}`
    if (stretch.tonesAtMs.length === 0) write(`  ${text}`)
    else findings.push(text)
  }
  return findings
}

function endings(path: string, file: RecordingFile, { parts, recording }: Survey): readonly string[] {
  const open = parts.flatMap(({ isEnded }, at) => (isEnded ? [] : [at + 1]))
  return [
    ...(file.whole < file.size ? [cutText(file.size - file.whole)] : []),
    ...open.map((part) => `part ${part} has no end: the call still stood, or a process died, and seconds may be lost`),
    ...(NAME_OF_CALL.test(path) && basename(path) !== `${recording}.p7m`
      ? ['the file has the name of another call']
      : []),
  ]
}
