/** Which program runs here, in one digest: over the name and the content of every file of it, so that a changed one is seen in the audit. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '../base/digest.ts'

/** @param folder of the program, `src` or what it was compiled to. */
export function programDigest(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
  const lines = files.map((file) => `${file.slice(folder.length)} ${digestOf(readFileSync(file))}\n`)
  return digestOf(lines.join(''))
}
