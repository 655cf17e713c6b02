/** The built pages, read once: a few hundred kilobytes that are served from memory, each text with its Brotli form. */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type PageFile = {
  readonly type: string
  readonly content: Buffer
  /** RFC 7932; undefined for what is packed already. */
  readonly brotli: Buffer | undefined
  readonly etag: string
}

export type PageFiles = {
  /** By the place of the page, such as `desk`; the empty one is where people log in. */
  readonly pages: ReadonlyMap<string, PageFile>
  /** By name; the name holds a hash of the content. */
  readonly assets: ReadonlyMap<string, PageFile>
  /** By place, such as `desk/sotto-desk.js`: scripts that pages of others and frames of add-ins name. */
  readonly named: ReadonlyMap<string, PageFile>
}

export const NO_PAGES: PageFiles = { pages: new Map(), assets: new Map(), named: new Map() }

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  wav: 'audio/wav',
  woff2: 'font/woff2',
}
const ASSETS = 'assets/'
const NAMED = /^[a-z-]+\/[a-z-]+\.js$/
const INDEX = /^(?:(.+)\/)?index\.html$/

/** @param folder what scripts/build-pages.mjs has made. @returns nothing of a folder that is not there: the pages have not been built. @throws what the file system throws otherwise */
export function readPageFiles(folder: string): PageFiles {
  const pages = new Map<string, PageFile>()
  const assets = new Map<string, PageFile>()
  const named = new Map<string, PageFile>()
  for (const name of namesIn(folder)) {
    const type = TYPES[name.split('.').at(-1) ?? '']
    if (type === undefined) continue
    const page = INDEX.exec(name)
    if (page !== null) pages.set(page[1] ?? '', read(folder, name, type))
    else if (name.startsWith(ASSETS)) assets.set(name.slice(ASSETS.length), read(folder, name, type))
    else if (NAMED.test(name)) named.set(name, read(folder, name, type))
  }
  return { pages, assets, named }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

function read(folder: string, name: string, type: string): PageFile {
  const content = readFileSync(join(folder, name))
  const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`
  return { type, content, brotli: brotliOf(join(folder, `${name}.br`)), etag }
}

function brotliOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
