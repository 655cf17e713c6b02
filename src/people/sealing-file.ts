/** The file of the key that seals secrets, `people.keyFile`. */

import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
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

/** @throws Fault `people.bad-key` */
function keyIn(file: string): Buffer {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, `${randomBytes(KEY_OCTETS).toString('base64url')}\n`, { flag: 'wx', mode: 0o600, flush: true })
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST'))
      throw fault('people.bad-key', {}, thrown)
  }
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url')
  if (key.length !== KEY_OCTETS) throw fault('people.bad-key')
  return key
}
