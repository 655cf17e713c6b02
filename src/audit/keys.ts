/** The signing key of a node: made at the first start, read at every other. The private half is for the owner's eyes only (0600). */

import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fault } from '../base/fault.ts'
import { type SigningKey, signingKey } from './signature.ts'

const PRIVATE_FILE = 'signing-key.pem'
export const PUBLIC_FILE = 'public-key.pem'
const OWNER_ONLY = 0o600
const ANYBODY = 0o644

/** Reads the key. @returns undefined when there is none. @throws Fault `audit.bad-key`, or what the file system threw. */
export async function readKey(folder: string): Promise<SigningKey | undefined> {
  let pem: string
  try {
    pem = await readFile(join(folder, PRIVATE_FILE), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return signingKey(key)
  } catch {
    // Said below, without a word of what was in the file.
  }
  throw fault('audit.bad-key')
}

/** Makes a key and writes it down before anything is signed with it. */
export async function makeKey(folder: string): Promise<SigningKey> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const key = signingKey(privateKey)
  await writeWhole(folder, PUBLIC_FILE, key.publicPem, ANYBODY)
  await writeWhole(folder, PRIVATE_FILE, String(privateKey.export({ type: 'pkcs8', format: 'pem' })), OWNER_ONLY)
  return key
}

/** Half a file is never left under its name. */
async function writeWhole(folder: string, name: string, text: string, mode: number): Promise<void> {
  const path = join(folder, name)
  const draft = `${path}.new`
  await rm(draft, { force: true })
  const file = await open(draft, 'wx', mode)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
}
