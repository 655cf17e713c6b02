/** The folder of a chain: one process at a time has it, and signs with the key that lies there. */

import { claimFolder } from '../base/claim.ts'
import { fault } from '../base/fault.ts'
import { makeKey, readKey } from './keys.ts'
import type { SigningKey } from './signature.ts'
import { AuditStore } from './store.ts'

export type ChainFolder = {
  readonly store: AuditStore
  /** May be called again after it failed. @returns the key, made when nothing is there yet. @throws Fault `audit.*`, or what the file system threw */
  claim(): Promise<SigningKey>
  letGo(): void
}

/** @param linesPerFile lines before a new file may begin; the store has a default. */
export function chainFolder(folder: string, linesPerFile?: number): ChainFolder {
  const store = new AuditStore(folder, linesPerFile)
  let letGo: (() => void) | undefined
  return {
    store,
    async claim() {
      const hasRecords = await store.prepare()
      letGo ??= claimFolder('audit', folder)
      const found = await readKey(folder)
      // Records that nobody could vouch for must not be gone on from under another key.
      if (found === undefined && hasRecords) throw fault('audit.key-missing')
      return found ?? (await makeKey(folder))
    },
    letGo() {
      letGo?.()
      letGo = undefined
    },
  }
}
