/** Searches files and folders for forms of a card number. */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Find } from './memory-search.ts'
import { searchFor } from './needle-search.ts'
import type { Needle } from './needles.ts'

/** @returns each form found in each file below a path; a path that is not there holds nothing. */
export function searchFiles(path: string, needles: readonly Needle[]): readonly Find[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return []
  if (found.isDirectory()) return readdirSync(path).flatMap((name) => searchFiles(join(path, name), needles))
  if (!found.isFile()) return []
  const content = readFileSync(path)
  const forms = new Set<string>()
  searchFor(needles).run(content, content.length, forms)
  return Array.from(forms, (form) => ({ form, where: path }))
}
