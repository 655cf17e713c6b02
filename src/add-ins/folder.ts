/**
 * An add-in as it stands in its folder, read whole into memory: what is served later comes from there, so that no address can name a file. Read are files of the folder itself whose
 * ending says what browsers may take them for; a link counts when it leads to a file within the same folder, as those of mounted volumes do.
 */

import { createHash } from 'node:crypto'
import { constants, type Dirent } from 'node:fs'
import { open, readdir, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { type AddInProblem, type LookupPlaces, MANIFEST, type Manifest, readManifest } from './manifest.ts'

export type AddInFile = { readonly type: string; readonly content: Buffer; readonly etag: string }

export type AddIn = {
  readonly manifest: Manifest
  /** By name; the manifest is not among them. */
  readonly files: ReadonlyMap<string, AddInFile>
}

export type AddInReading = { readonly addIn: AddIn } | { readonly problems: readonly AddInProblem[] }

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  gif: 'image/gif',
  jpg: 'image/jpeg',
  js: 'text/javascript; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  webp: 'image/webp',
}
const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\.([a-z]{2,4})$/
const FOLDER_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/
const MANIFEST_OCTETS = 65_536
const FILE_OCTETS = 1_048_576
const MOST_FILES = 64
const MOST_FOLDERS = 100

/** @returns the names of what may be add-ins, in order. @throws what the file system throws */
export async function addInFolders(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { withFileTypes: true })
  return entries
    .filter((entry) => FOLDER_NAME.test(entry.name) && (entry.isDirectory() || entry.isSymbolicLink()))
    .map(({ name }) => name)
    .toSorted()
    .slice(0, MOST_FOLDERS)
}

/** @param name of its folder, one of `addInFolders`. @returns the add-in, or what is wrong with it; never rejects. */
export async function readAddIn(root: string, name: string, places: LookupPlaces): Promise<AddInReading> {
  try {
    return await readFolder(root, name, places)
  } catch {
    // Such as a manifest that is nested deeper than anything can look into.
    return refused('', 'This add-in cannot be read.', 'Check its files, and its manifest first.')
  }
}

async function readFolder(root: string, name: string, places: LookupPlaces): Promise<AddInReading> {
  const folder = await within(await realpath(root).catch(() => root), join(root, name))
  if (folder === undefined)
    return refused('', 'This folder leads out of the folder of add-ins.', 'Put the add-in itself there.')
  let entries: readonly Dirent[]
  try {
    entries = await readdir(folder, { withFileTypes: true })
  } catch {
    return refused('', 'This folder cannot be read.', 'Check its owner and its rights.')
  }
  const text = await readWhole(folder, MANIFEST, MANIFEST_OCTETS)
  if (!('content' in text)) return { problems: [text] }
  const read = readManifest(text.content.toString('utf8'), name, places)
  if ('problems' in read) return read
  return withFiles(folder, read.manifest, entries)
}

async function withFiles(folder: string, manifest: Manifest, entries: readonly Dirent[]): Promise<AddInReading> {
  const names = entries
    .filter((entry) => !entry.isDirectory() && typeOf(entry.name) !== undefined)
    .map((entry) => entry.name)
  if (names.length > MOST_FILES) return refused('', 'There are too many files here.', `Have at most ${MOST_FILES}.`)
  const missing = [
    ['script', manifest.script] as const,
    ...manifest.styles.map((file, at) => [`styles[${at}]`, file] as const),
  ]
    .filter(([, file]) => !names.includes(file))
    .map(([place]) => ({
      file: MANIFEST,
      place,
      says: 'There is no such file in the folder.',
      advice: 'Put it there, or correct the name.',
    }))
  if (missing.length > 0) return { problems: missing }
  const files = new Map<string, AddInFile>()
  const problems: AddInProblem[] = []
  for (const name of names) {
    const read = await readWhole(folder, name, FILE_OCTETS)
    if ('content' in read)
      files.set(name, { type: typeOf(name) ?? '', content: read.content, etag: etagOf(read.content) })
    else problems.push(read)
  }
  return problems.length > 0 ? { problems } : { addIn: { manifest, files } }
}

/** Nothing but a file, and not more of it than allowed: neither a pipe nor a device is waited for. */
async function readWhole(
  folder: string,
  name: string,
  most: number,
): Promise<{ readonly content: Buffer } | AddInProblem> {
  const flaw = (says: string, advice: string): AddInProblem => ({ file: name, place: '', says, advice })
  const path = await within(folder, join(folder, name))
  if (path === undefined)
    return flaw('There is no such file here, or it leads out of the folder.', 'Put the file itself there.')
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined)
  if (file === undefined) return flaw('This file cannot be read.', 'Check its owner and its rights.')
  try {
    const found = await file.stat()
    if (!found.isFile()) return flaw('This is no file.', 'Put a file there, or take it away.')
    if (found.size > most) return flaw('This file is too large.', `Have at most ${most} octets.`)
    const content = Buffer.alloc(found.size)
    const { bytesRead } = await file.read(content, 0, found.size, 0)
    return { content: content.subarray(0, bytesRead) }
  } catch {
    return flaw('This file cannot be read.', 'Check the disk.')
  } finally {
    await file.close().catch(() => undefined)
  }
}

/** @returns where a path leads, when that is within a folder, which leads nowhere else itself. */
async function within(folder: string, path: string): Promise<string | undefined> {
  const real = await realpath(path).catch(() => undefined)
  return real?.startsWith(folder.endsWith(sep) ? folder : folder + sep) === true ? real : undefined
}

function typeOf(name: string): string | undefined {
  const [, ending = ''] = FILE_NAME.exec(name) ?? []
  return Object.hasOwn(TYPES, ending) ? TYPES[ending] : undefined
}

function etagOf(content: Buffer): string {
  return `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`
}

function refused(place: string, says: string, advice: string): AddInReading {
  return { problems: [{ file: '', place, says, advice }] }
}
