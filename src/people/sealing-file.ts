/** The file of the key that seals secrets, `people.keyFile`. */

import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fault } from '../base/fault.ts'
import { createSealing, KEY_OCTETS, type Sealing } from './sealing.ts'

/** The key is made when the first secret is sealed, and read when one is first needed: who has none needs none. */
export function sealingIn(file: string): Sealing {
  let sealing: Sealing | undefined
  const ready = () => {
    sealing ??= createSealing(keyIn(file))
    return sealing
  }
  return { seal: (...given) => ready().seal(...given), open: (...given) => ready().open(...given) }
}

/** @throws Fault `people.bad-key`, `people.key-not-written` */
function keyIn(file: string): Buffer {
  if (!existsSync(file)) make(file)
  try {
    const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url')
    if (key.length === KEY_OCTETS) return key
  } catch (thrown) {
    throw fault('people.bad-key', {}, thrown)
  }
  throw fault('people.bad-key')
}

/** Written beside, flushed and linked: half a key never has its name, be the disk full. @throws Fault `people.key-not-written` */
function make(file: string): void {
  // By no number of a process: two containers have the same ones, and share a folder.
  const beside = `${file}.${randomUUID()}.new`
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    try {
      const text = `${randomBytes(KEY_OCTETS).toString('base64url')}\n`
      writeFileSync(beside, text, { mode: 0o600, flush: true })
      linkUnlessThere(beside, file)
    } finally {
      rmSync(beside, { force: true })
    }
  } catch (thrown) {
    throw fault('people.key-not-written', {}, thrown)
  }
}

/** Where another process was first its key is read: one that is there is never written over (link(2)). */
function linkUnlessThere(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown
  }
}
