/** `sotto recordings open`: a sealed recording as a WAV file, the caller on the left, the agent on the right. What cannot be opened is told, and silent. */

import { existsSync, renameSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import { fault } from '../base/fault.ts'
import { alongTimeline, giveSound, type OpeningKey, type Survey, samplesOf, surveyOf } from '../record/index.ts'
import type { WriteLine } from './configured.ts'
import {
  type FolderChoice,
  folderOf,
  type KeyChoice,
  openingKeyOf,
  openRecording,
  type RecordingFile,
  recordingNamed,
} from './recording-files.ts'
import { cutText, flawTexts, progressOf, stretchText, surveyText } from './recording-words.ts'
import { telling } from './telling.ts'
import { WavFile } from './wav-file.ts'

export type RecordingsOpenInput = FolderChoice &
  KeyChoice & {
    /** A file, or the id of a call. */
    readonly recording: string
    /** The WAV file; named after the recording, in the working folder, when undefined. */
    readonly out: string | undefined
    /** An existing file is written over. */
    readonly force: boolean
  }

/** @returns 0 written, 1 not, or not all of it, 2 the configuration is wrong. */
export async function recordingsOpen(input: RecordingsOpenInput, write: WriteLine): Promise<0 | 1 | 2> {
  let code: 0 | 1 | 2 = 0
  const told = await telling(write, async () => {
    const path = recordingNamed(input.recording, () => folderOf(input, write))
    if (path === undefined) {
      code = 2
      return
    }
    const out = input.out ?? `${basename(path, '.p7m')}.wav`
    if (!input.force && existsSync(out)) throw fault('recording.exists')
    const key = openingKeyOf(input)
    const file = openRecording(path)
    try {
      if (!openInto(out, file, key, input.force, write)) code = 1
    } finally {
      file.close()
    }
  })
  return told === 0 ? code : told
}

/** @returns whether all of it is there. @throws Fault recording.* */
function openInto(out: string, file: RecordingFile, key: OpeningKey, force: boolean, write: WriteLine): boolean {
  const survey = surveyOf(alongTimeline(file.opened(key, progressOf(file.size, 'looking through', write))))
  if (survey.segments === 0) throw survey.flaws[0]?.fault ?? fault('recording.not-sealed')
  write(surveyText(survey))
  for (const stretch of survey.withheld) write(stretchText(stretch))
  const flaws = [...flawTexts(survey), ...(file.whole < file.size ? [cutText(file.size - file.whole)] : [])]
  for (const flaw of flaws) write(flaw)
  if (survey.parts.at(-1)?.isEnded === false)
    write('it has no end: the call still stood, or a process died, and the last seconds may be lost')
  const part = force ? `${out}.${process.pid}.part` : out
  writeSound(part, file, key, survey, write)
  if (force) replace(part, out)
  write(`${out}: written${flaws.length === 0 ? '' : ', with silence in place of what is said above'}`)
  return flaws.length === 0
}

/** @throws Fault recording.exists, .not-written; then there is no file, or the one that was there before. */
function writeSound(path: string, file: RecordingFile, key: OpeningKey, survey: Survey, write: WriteLine): void {
  const wav = new WavFile(path, survey.sampleRate, samplesOf(survey))
  let isWhole = false
  try {
    const events = alongTimeline(file.opened(key, progressOf(file.size, 'decoding', write)))
    giveSound(events, survey, (caller, agent, count) => wav.add(caller, agent, count))
    wav.close()
    isWhole = true
  } finally {
    if (!isWhole) {
      rmSync(path, { force: true })
      wav.close()
    }
  }
}

function replace(part: string, out: string): void {
  try {
    renameSync(part, out)
  } catch (cause) {
    rmSync(part, { force: true })
    throw fault('recording.not-written', {}, cause)
  }
}
