/** Keeps what was found of each vault process at its start, and says whether that is enough. */

import { readFileSync, statSync } from 'node:fs'
import type { Attestation } from '../audit/contract.ts'
import { fault } from '../base/fault.ts'
import type { Log } from '../base/log.ts'
import type { Protections } from '../vault/contract.ts'
import { attest, missingIn, type ProcView } from './attestation.ts'

export type VaultWatch = {
  /** A process is ready: reads it back, and logs what it lacks. */
  ready(processId: number, claims: Protections): void
  lost(processId: number): void
  attestationOf(processId: number): Attestation | undefined
  /** Protections that one of the vaults that run does not have, each once. */
  readonly missing: readonly string[]
}

export function watchVaults(log: Pick<Log, 'info' | 'fault'>, proc: ProcView = thisMachine()): VaultWatch {
  const found = new Map<number, Attestation>()
  return {
    ready(processId, claims) {
      const attestation = attest(processId, claims, proc)
      found.set(processId, attestation)
      const missing = missingIn(attestation)
      log.info('vault.attested', { pid: processId, count: attestation.protections.length - missing.length })
      for (const reason of missing) log.fault(fault('vault.unprotected', { pid: processId, reason }))
    },
    lost: (processId) => void found.delete(processId),
    attestationOf: (processId) => found.get(processId),
    get missing() {
      return [...new Set([...found.values()].flatMap(missingIn))]
    },
  }
}

function thisMachine(): ProcView {
  return {
    read: (path) => attempt(() => readFileSync(path, 'latin1')),
    ownerOf: (path) => attempt(() => statSync(path).uid),
    ownUser: process.getuid?.(),
  }
}

function attempt<T>(get: () => T): T | undefined {
  try {
    return get()
  } catch {
    return undefined
  }
}
