/** What a server keeps in its folder, and what stands there beside it: a rest of something. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Sotto } from './sotto.ts'

/** Its own records, keys and databases, and what `startSotto` puts there. */
const KEPT =
  /^(?:var\/(?:audit|access)\/[^/]+|var\/(?:history|directory|people)\/[^/]+\.sqlite(?:-wal|-shm|\.claim)?|var\/[\w/.-]+\.(?:key|pem|json|sqlite)(?:-wal|-shm)?|prompts\/.*|(?:sip|authority)\.(?:pem|key)|sotto\.yaml|server\.log)$/

/** @returns names of files that nothing keeps. */
export function strangeFiles({ folder }: Pick<Sotto, 'folder'>): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((name) => !KEPT.test(name))
}
