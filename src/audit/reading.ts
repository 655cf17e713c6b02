/**
 * Reads a chain back: line after line, each tied to the one before. The node reads its newest file so at every start; what anybody else may
 * ask of a chain is in `verify.ts`.
 */

import { digestOf } from '../base/digest.ts'
import type { SealedRecord } from './contract.ts'
import { type Head, readLine } from './seal.ts'
import { verifyingKey } from './signature.ts'

export type ReadRecord = { readonly sealed: SealedRecord; readonly head: Head }

/**
 * @returns the records of a node's own newest file, or undefined when they are not what it wrote: a line that is none of its records, a
 * number or a digest that does not follow. The signature of the last one vouches for all, since each names the digest of the one before.
 */
export function readChain(lines: readonly string[], publicPem: string): readonly ReadRecord[] | undefined {
  const key = verifyingKey(publicPem)
  const records: ReadRecord[] = []
  for (const [at, line] of lines.entries()) {
    const sealed = readLine(line, at === lines.length - 1 ? key : undefined)
    if (typeof sealed === 'string') return undefined
    const before = records.at(-1)?.head
    const { number, previous } = sealed.record
    if (before !== undefined && (number !== before.number + 1 || previous !== before.digest)) return undefined
    records.push({ sealed, head: { number, digest: digestOf(line) } })
  }
  return records
}

/** @returns the sessions that were opened and not closed, oldest first. */
export function openSessions(
  records: readonly ReadRecord[],
): readonly { readonly sessionId: string; readonly callId: string }[] {
  const open = new Map<string, { readonly sessionId: string; readonly callId: string }>()
  for (const { sealed } of records) {
    const { body } = sealed.record
    if (body.kind === 'opened') open.set(body.sessionId, { sessionId: body.sessionId, callId: body.callId })
    else if (body.kind === 'closed') open.delete(body.sessionId)
  }
  return [...open.values()]
}
