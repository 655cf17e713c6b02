/**
 * One link of the chain: a body becomes a line, signed and tied to the line before; a line becomes a record again, or the reason why it
 * is none. Pure.
 */

import { digestOf } from '../base/digest.ts'
import { canonical, type Json } from './canonical.ts'
import { type AuditBody, type AuditRecord, aSealedRecord, type SealedRecord } from './contract.ts'
import type { SigningKey, VerifyingKey } from './signature.ts'

/** Where a chain ends: the number of its last record, and the digest of its line. */
export type Head = { readonly number: number; readonly digest: string }
/** When, and in which run of the program. */
export type Moment = { readonly boot: string; readonly wallMs: number; readonly monotonicMs: number }
export type SealedLine = { readonly line: string; readonly sealed: SealedRecord; readonly head: Head }

/** @returns the head of a chain that has no record yet. */
export function emptyHead(chain: string): Head {
  return { number: 0, digest: digestOf(chain) }
}

/** @returns the line that comes after `head`. */
export function seal(head: Head, body: AuditBody, moment: Moment, key: SigningKey): SealedLine {
  const record: AuditRecord = {
    format: 'sotto-audit-1',
    chain: key.id,
    ...linkAfter(head, moment.monotonicMs),
    boot: moment.boot,
    wall: new Date(moment.wallMs).toISOString(),
    body,
  }
  const sealed: SealedRecord = { record, signature: key.sign(canonical(record as unknown as Json)) }
  const line = canonical(sealed as unknown as Json)
  return { line, sealed, head: { number: record.number, digest: digestOf(line) } }
}

/** @returns what ties a record to the one before. */
export function linkAfter(head: Head, monotonicMs: number): Pick<AuditRecord, 'number' | 'previous' | 'monotonicMs'> {
  return { number: head.number + 1, previous: head.digest, monotonicMs: Math.round(monotonicMs) }
}

/** Why a line is no record. */
export type LineFlaw = 'not-json' | 'not-canonical' | 'not-a-record' | 'other-key' | 'bad-signature'

/**
 * Reads a line and checks it by itself.
 * @param key undefined when signatures are not to be checked. @param exact false for a record out of somebody's reformatted JSON.
 */
export function readLine(line: string, key: VerifyingKey | undefined, exact = true): SealedRecord | LineFlaw {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return 'not-json'
  }
  if (!aSealedRecord(value)) return 'not-a-record'
  const text = canonicalOf(value)
  if (text === undefined || (exact && text !== line)) return 'not-canonical'
  if (key === undefined) return value
  if (value.record.chain !== key.id) return 'other-key'
  return key.verify(canonical(value.record as unknown as Json), value.signature) ? value : 'bad-signature'
}

function canonicalOf(value: SealedRecord): string | undefined {
  try {
    return canonical(value as unknown as Json)
  } catch {
    return undefined
  }
}
