/** `sotto recordings list`: what is in the folder of the recordings, as far as it shows without a key. */

import { Fault } from '../base/fault.ts'
import { columnsOf } from './columns.ts'
import type { WriteLine } from './configured.ts'
import { type FolderChoice, folderOf, openRecording, type RecordingPlace, recordingsIn } from './recording-files.ts'
import { sizeText } from './recording-words.ts'

const COLUMNS = ['date', 'call', 'size', 'segments', 'end', 'sealed to'] as const

/** @returns 0 listed, 2 the configuration is wrong. */
export function recordingsList(choice: FolderChoice, write: WriteLine): 0 | 2 {
  const folder = folderOf(choice, write)
  if (folder === undefined) return 2
  const places = recordingsIn(folder)
  if (places.length === 0) {
    write(`no recordings in ${folder}`)
    return 0
  }
  for (const line of columnsOf([COLUMNS, ...places.map(rowOf)])) write(line)
  return 0
}

function rowOf({ date, call, path }: RecordingPlace): readonly string[] {
  const file = fileAt(path)
  if (file === undefined) return [date, call, '-', '-', 'cannot be read', '-']
  try {
    const serials = new Set<string>()
    let segments = 0
    for (const each of file.serials()) {
      segments++
      for (const serial of each ?? ['(damaged)']) serials.add(serial)
    }
    const end = file.whole === file.size ? 'whole' : `cut, ${file.size - file.whole} octets`
    return [date, call, sizeText(file.size), String(segments), end, [...serials].join(' ') || '-']
  } finally {
    file.close()
  }
}

function fileAt(path: string) {
  try {
    return openRecording(path)
  } catch (thrown) {
    if (thrown instanceof Fault) return undefined
    throw thrown
  }
}
