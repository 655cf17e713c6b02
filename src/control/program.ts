/** Which program runs here, in one digest: over the name and the content of every file of it, so that a changed one is seen in the audit. */

import { createHash } from 'node:crypto'
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '../base/digest.ts'

/** Octets of a file that are read at a time. */
const PIECE_SIZE = 65_536

/** @param folder of the program, `src` or what it was compiled to. */
export function programDigest(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
  // One piece for all, overwritten at the end: there are test cards among the files, and whoever looks for card numbers in this process shall find none.
  const piece = new Uint8Array(PIECE_SIZE)
  const lines = files.map((file) => `${file.slice(folder.length)} ${fileDigest(file, piece)}\n`)
  piece.fill(0)
  return digestOf(lines.join(''))
}

function fileDigest(name: string, piece: Uint8Array): string {
  const hash = createHash('sha256')
  const file = openSync(name, 'r')
  try {
    for (let size = readSync(file, piece); size > 0; size = readSync(file, piece)) hash.update(piece.subarray(0, size))
  } finally {
    closeSync(file)
  }
  return hash.digest('base64url')
}
