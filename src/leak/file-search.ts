/** Searches files and folders for forms of a card number, piece by piece, however large they are. */

import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Find } from './memory-search.ts'
import { searchFor } from './needle-search.ts'
import type { Needle } from './needles.ts'

const CHUNK = 8 * 1024 * 1024

/** @returns each form found in each file below a path; a path that is not there holds nothing. */
export function searchFiles(path: string, needles: readonly Needle[]): readonly Find[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return []
  if (found.isDirectory()) return readdirSync(path).flatMap((name) => searchFiles(join(path, name), needles))
  return found.isFile() ? searchFile(path, needles).finds : []
}

/** Searches one file. @param name what it is called in a find. @throws Error when it cannot be read. */
export function searchFile(
  path: string,
  needles: readonly Needle[],
  name = path,
): { readonly finds: readonly Find[]; readonly octets: number } {
  const search = searchFor(needles)
  const overlap = search.longest + 1
  const forms = new Set<string>()
  const buffer = Buffer.allocUnsafe(CHUNK + overlap)
  const file = openSync(path, 'r')
  let octets = 0
  let carried = 0
  try {
    for (;;) {
      const got = readSync(file, buffer, carried, CHUNK, null)
      if (got === 0) break
      octets += got
      const seen = buffer.subarray(0, carried + got)
      search.run(seen, seen.length, forms)
      carried = Math.min(overlap, seen.length)
      seen.copyWithin(0, seen.length - carried)
    }
  } finally {
    buffer.fill(0)
    closeSync(file)
  }
  return { finds: Array.from(forms, (form) => ({ form, where: name })), octets }
}
