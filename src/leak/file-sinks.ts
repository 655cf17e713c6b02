/** What a server leaves on disk, searched: its log, everything it may have written, recordings and audit where there are any. */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DtmfReceiver } from '../rtp/dtmf-receiver.ts'
import { parseWav } from '../rtp/wav.ts'
import { searchFile } from './file-search.ts'
import { searchLines } from './line-search.ts'
import type { Find } from './memory-search.ts'
import type { Needle } from './needles.ts'
import { looked, notSearched, type SinkReport } from './report.ts'
import { writtenFiles } from './written-files.ts'

const LINES_LIMIT_BYTES = 256_000_000

/**
 * @param files the server's logs.
 * @param linesLimitBytes larger ones are searched for forms of the number only, not for digits that are spread over their lines, and it is told.
 */
export function searchLogs(
  files: readonly string[],
  needles: readonly Needle[],
  linesLimitBytes = LINES_LIMIT_BYTES,
): SinkReport {
  const sink = 'logs'
  if (files.length === 0) return notSearched(sink, 'its standard output is no file: name the log with --path')
  const finds: Find[] = []
  let lines = 0
  let lowest = false
  const large: string[] = []
  for (const file of files) {
    finds.push(...searchFile(file, needles).finds)
    if (statSync(file).size > linesLimitBytes) {
      large.push(file)
      continue
    }
    const text = readFileSync(file, 'utf8')
    lines += text.split('\n').length - 1
    lowest ||= text.includes('"level":"debug"')
    finds.push(...searchLines(text, needles, file))
  }
  const report = looked(
    sink,
    `${lines} lines of ${files.length} file${files.length === 1 ? '' : 's'}, SIP among them`,
    unique(finds),
  )
  const reasons = [
    ...large.map((file) => `${file} is too large to look for digits that are spread over its lines: begin a new one`),
    ...(lowest || large.length > 0 ? [] : ['the log is not written at its lowest level: set log.level to debug']),
  ]
  return { ...report, unsearched: reasons.join(', and ') }
}

export type FileSearch = {
  readonly pids: readonly number[]
  /** Folders that the server may write to beside its working folder. */
  readonly folders: readonly string[]
  readonly sinceMs: number
  /** Folders of the search itself. */
  readonly except: readonly string[]
}

/** Every file that the server may have written. */
export function searchWritten({ pids, folders, sinceMs, except }: FileSearch, needles: readonly Needle[]): SinkReport {
  const { files, closed } = writtenFiles(pids, folders, sinceMs, except)
  const finds: Find[] = []
  const unread: string[] = [...closed]
  let octets = 0
  for (const { path, name } of files) {
    try {
      // A snapshot names its nodes by numbers of many digits: seven alone say nothing there, whosever it is.
      const telling = name.endsWith('.heapsnapshot') ? needles.filter(({ alone }) => !alone) : needles
      const result = searchFile(path, telling, name)
      finds.push(...result.finds)
      octets += result.octets
    } catch (thrown) {
      // A file that is gone holds nothing any more.
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') unread.push(name)
    }
  }
  const sink = 'files: open, working, temporary'
  const report = looked(sink, `${files.length} files, ${(octets / 1e6).toFixed(0)} MB`, finds)
  return unread.length === 0
    ? report
    : { ...report, unsearched: `this user may not read ${unread.slice(0, 3).join(', ')}` }
}

/** Recordings: searched as files, and listened to. @param folders where they are; none when the server makes none. */
export function searchRecordings(folders: readonly string[], sinceMs: number, needles: readonly Needle[]): SinkReport {
  const sink = 'recordings'
  if (folders.length === 0) return looked(sink, 'this server makes none', [])
  const finds: Find[] = []
  let count = 0
  let deaf = 0
  for (const file of folders.flatMap((folder) => filesSince(folder, sinceMs))) {
    count += 1
    finds.push(...searchFile(file, needles).finds)
    const keys = keysInWav(file)
    if (keys === undefined) deaf += 1
    else if (keys > 0) finds.push({ form: `${keys} keys in the sound`, where: file })
  }
  const report = looked(sink, `${count} files since the test began`, finds)
  return deaf === 0
    ? report
    : { ...report, unsearched: `${deaf} of them are no WAV of 8 or 16 kHz that could be listened to` }
}

function filesSince(folder: string, sinceMs: number): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => {
      const found = statSync(path)
      return found.isFile() && found.mtimeMs >= sinceMs
    })
}

/** @returns how many keys can be made out; undefined for what cannot be listened to. */
function keysInWav(file: string): number | undefined {
  const wav = parseWav(readFileSync(file))
  if (wav === undefined || wav.channels !== 1 || (wav.sampleRate !== 8000 && wav.sampleRate !== 16_000))
    return undefined
  const receiver = new DtmfReceiver(wav.sampleRate)
  const step = wav.sampleRate / 50
  let keys = 0
  for (let at = 0; at < wav.samples.length; at += step) {
    keys += receiver.accept(wav.samples, at, Math.min(at + step, wav.samples.length))
  }
  return keys
}

function unique(finds: readonly Find[]): readonly Find[] {
  return [...new Map(finds.map((find) => [`${find.form} ${find.where}`, find])).values()]
}
