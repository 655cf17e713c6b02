/**
 * Where a server is reached, written down by itself for commands on its machine: the configuration file may say something else by now, or be in the middle of being edited. It lies in the folder of
 * the audit, which every server has for itself, and is a hint, not a proof: who reads it asks there whether somebody answers.
 */

import { X509Certificate } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type ServerAddress = {
  readonly address: string
  readonly port: number
  /** That it shows, PEM; absent where it speaks HTTP without TLS. */
  readonly certificate?: string
}

const FILE = '.server.json'
const OWNER_FILE = 0o600

/** Of a certificate's file the certificate alone: its key may lie there, too. A disk that takes nothing keeps no server from running: commands go by the configuration then. */
export function writeServerAddress(folder: string, { certificate, ...at }: ServerAddress): void {
  const file = join(folder, FILE)
  try {
    const shown = certificate === undefined ? at : { ...at, certificate: new X509Certificate(certificate).toString() }
    // One of an earlier server is worse than none.
    rmSync(file, { force: true })
    writeFileSync(`${file}.new`, JSON.stringify(shown), { mode: OWNER_FILE })
    renameSync(`${file}.new`, file)
  } catch {
    removeServerAddress(folder)
  }
}

export function removeServerAddress(folder: string): void {
  for (const ending of ['', '.new']) {
    try {
      rmSync(join(folder, `${FILE}${ending}`), { force: true })
    } catch {
      // It cannot be written to: nothing of ours is there.
    }
  }
}

/** @returns undefined where there is none. */
export function readServerAddress(folder: string): ServerAddress | undefined {
  try {
    const { address, port, certificate } = JSON.parse(readFileSync(join(folder, FILE), 'utf8'))
    if (typeof address !== 'string' || typeof port !== 'number') return undefined
    return { address, port, ...(typeof certificate === 'string' ? { certificate } : {}) }
  } catch {
    return undefined
  }
}
