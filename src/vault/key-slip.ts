/**
 * Control's half of a key that comes by SIP INFO: the octets lie in locked memory while their message is read, and leave it sealed to the
 * vaults. Runs in control; `key-box.ts` opens them in the vault.
 */

import type { KeySlip, SealedKey } from '../base/info-key.ts'
import { KeyPlain } from './key-box.ts'

/** @param vaults process id and public key of each vault that runs. */
export function createKeySlip(vaults: () => readonly (readonly [processId: number, publicKey: Uint8Array])[]): KeySlip {
  const plain = new KeyPlain()
  return {
    put: (form, octets, from, to) => plain.put(form, octets, from, to),
    seal(): SealedKey | undefined {
      if (plain.empty) return undefined
      const boxes = vaults().map(([processId, publicKey]) => [processId, plain.sealTo(publicKey)] as const)
      return boxes.length === 0 ? undefined : new Map(boxes)
    },
    read: () => (plain.empty ? -1 : plain.key()),
    wipe: () => plain.wipe(),
  }
}
