/** Where recordings are, and what opens them: the files that `sotto recordings` is given. */

import { X509Certificate } from 'node:crypto'
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Fault, fault } from '../base/fault.ts'
import { type OpeningKey, openAll, placesOf, readPrivateKey, recipientsAt, wholeLength } from '../record/index.ts'
import type { Opened } from '../record/timeline.ts'
import { type ConfigScope, configuredPart, readText, type WriteLine } from './configured.ts'

const ENDING = '.p7m'
const DATE = /^\d{4}-\d{2}-\d{2}$/
/** No path. */
const CALL_ID = /^[A-Za-z0-9-]{1,64}$/

export type FolderChoice = ConfigScope & {
  /** Of the recordings; the configuration's when undefined. */
  readonly folder: string | undefined
}

export type KeyChoice = {
  /** PEM files. */
  readonly key: string
  readonly certificate: string | undefined
  /** File whose first line is the passphrase. */
  readonly passphraseFile: string | undefined
}

export type RecordingPlace = { readonly date: string; readonly call: string; readonly path: string }

/** A recording that is read as far as it reached when it was begun: it may still grow. */
export type RecordingFile = {
  readonly size: number
  /** Octets up to the end of the last whole segment. */
  readonly whole: number
  /** Of each sealed segment, from the start: serial numbers of the certificates that it is sealed to; undefined where it is damaged. Little is read. */
  serials(): Iterable<readonly string[] | undefined>
  opened(key: OpeningKey, onRead?: (octets: number) => void): Iterable<Opened>
  close(): void
}

/** @returns undefined after having said what is wrong with the configuration. */
export function folderOf(choice: FolderChoice, write: WriteLine): string | undefined {
  if (choice.folder !== undefined) return choice.folder
  return configuredPart('recording', choice, write)?.folder
}

/** @returns recordings by day and call; none when there is no such folder. */
export function recordingsIn(folder: string): readonly RecordingPlace[] {
  return namesIn(folder)
    .filter((name) => DATE.test(name))
    .flatMap((date) =>
      namesIn(join(folder, date))
        .filter((name) => name.endsWith(ENDING))
        .map((name) => ({ date, call: basename(name, ENDING), path: join(folder, date, name) })),
    )
}

/** @returns the path of a recording that was named by its file or its call. @throws Fault recording.no-file, .several */
export function recordingNamed(name: string, folder: () => string | undefined): string | undefined {
  if (existsSync(name) || !CALL_ID.test(name)) return name
  const within = folder()
  if (within === undefined) return undefined
  const paths = recordingsIn(within).flatMap(({ call, path }) => (call === name ? [path] : []))
  if (paths.length > 1) throw fault('recording.several', { files: paths.length })
  const [path] = paths
  if (path === undefined) throw fault('recording.no-file')
  return path
}

/** @throws Fault recording.no-file */
export function openRecording(path: string): RecordingFile {
  const descriptor = descriptorOf(path)
  const { size } = fstatSync(descriptor)
  const read = (at: number, length: number): Uint8Array => {
    const octets = new Uint8Array(length)
    let got = 0
    for (let more = 1; got < length && more > 0; got += more) {
      more = readSync(descriptor, octets, got, length - got, at + got)
    }
    return octets.subarray(0, got)
  }
  const messages = function* (onRead: (octets: number) => void = () => undefined): Generator<Uint8Array> {
    for (const { at, length } of placesOf(read, size)) {
      onRead(at + length)
      yield read(at, length)
    }
  }
  const serials = function* (): Generator<readonly string[] | undefined> {
    for (const { at, length } of placesOf(read, size)) yield serialsAt(read, at, length)
  }
  return {
    size,
    whole: wholeLength(read, size),
    serials,
    opened: (key, onRead) => openAll(messages(onRead), key),
    close: () => closeSync(descriptor),
  }
}

function serialsAt(...place: Parameters<typeof recipientsAt>): readonly string[] | undefined {
  try {
    return recipientsAt(...place).map(({ serialNumber }) => serialNumber)
  } catch (thrown) {
    if (thrown instanceof Fault) return undefined
    throw thrown
  }
}

/** @throws Fault recording.not-readable, and whatever is wrong with the key, without a word of what is in it. */
export function openingKeyOf({ key, certificate, passphraseFile }: KeyChoice): OpeningKey {
  const passphrase = passphraseFile === undefined ? undefined : given(passphraseFile).replace(/\r?\n[\s\S]*$/, '')
  return {
    key: readPrivateKey(given(key), passphrase),
    certificate: certificate === undefined ? undefined : certificateIn(given(certificate)),
  }
}

function certificateIn(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw fault('recording.no-certificate')
  }
}

/** @throws Fault recording.not-readable */
function given(path: string): string {
  const text = readText(path)
  if (text === undefined) throw fault('recording.not-readable')
  return text
}

function descriptorOf(path: string): number {
  try {
    const descriptor = openSync(path, 'r')
    if (fstatSync(descriptor).isFile()) return descriptor
    closeSync(descriptor)
  } catch (cause) {
    throw fault('recording.no-file', {}, cause)
  }
  throw fault('recording.no-file')
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}
