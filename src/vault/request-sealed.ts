/**
 * The sealed request: the JSON request, encrypted to the back end's public key (RFC 7516, compact serialization, `application/jose`). The
 * clear document exists in locked memory of its own, from the first key put in until it has been encrypted; every writing takes
 * a content key of its own.
 *
 * Protected header: `alg`, `enc`, `kid`, `typ` (JOSE), `cty` (json), `transactionId`, and `epk` with ECDH-ES.
 */

import type { SealingKey } from './contract.ts'
import { sealerFor } from './jwe.ts'
import { LockedMemory } from './locked-memory.ts'
import { escapeString } from './request-json.ts'
import type { RequestBody } from './request-template.ts'

/** @param clear the document to be sealed. @param sizeMax most octets of it. */
export function sealedBody(clear: RequestBody, key: SealingKey, transactionId: string, sizeMax: number): RequestBody {
  const sealer = sealerFor(key, [
    ['typ', '"JOSE"'],
    ['cty', '"json"'],
    ['transactionId', `"${escapeString(transactionId)}"`],
  ])
  return {
    size: (entry) => sealer.sizeOf(clear.size(entry)),
    largest: (keysOf) => sealer.sizeOf(clear.largest(keysOf)),
    write(entry, out) {
      const memory = new LockedMemory(sizeMax)
      try {
        const size = clear.write(entry, memory.bytes)
        const sealed = sealer.seal(memory.bytes.subarray(0, size))
        out.set(sealed)
        return sealed.length
      } finally {
        memory.close()
      }
    },
  }
}
