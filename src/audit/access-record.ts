/**
 * What an access record may hold (PCI DSS 10.2.2): who, what, when, whether it succeeded, from where, and what it was about. Ids, words and addresses: no
 * password, no code, no name that somebody typed without being it. Each is signed and tied to the one before, as records of secure sessions are.
 */

import { isIP } from 'node:net'
import { digestOf } from '../base/digest.ts'
import { anInteger, aRecord, aText, oneOf, optional, type Shape, type ShapeOf, theWord } from '../base/shape.ts'
import { canonical, type Json } from './canonical.ts'
import type { Head } from './seal.ts'
import type { SigningKey, VerifyingKey } from './signature.ts'

const aWord = aText(64, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
const aKeyId = aText(64, /^[A-Za-z0-9_.-]*$/)
const anAddress: Shape<string> = (value): value is string =>
  typeof value === 'string' && (value === 'local' || isIP(value) !== 0)

export const anAccessEvent = aRecord({
  /** Id of the user; empty where nobody is known. */
  user: aKeyId,
  /** How he proved himself: `nobody` has not. */
  by: oneOf('login', 'token', 'configured-token', 'server', 'nobody'),
  /** Id of the log-in or the token; name of a configured one. */
  key: aKeyId,
  /** What was done, or tried. */
  type: aWord,
  succeeded: oneOf('yes', 'no'),
  /** Why not: a row of the fault table. */
  fault: optional(aText(64, /^[a-z]+\.[a-z-]+$/)),
  /** Address that it came from; `local` for the server itself. */
  from: anAddress,
  /** What it was about: a path of the API. */
  resource: aText(300, /^[\w/.@:~%-]*$/),
})
export type AccessEvent = ShapeOf<typeof anAccessEvent>

const aDigest = aText(43, /^[A-Za-z0-9_-]{43}$/)
const anAccessRecord = aRecord({
  format: theWord('sotto-access-1'),
  chain: aDigest,
  number: anInteger(1, Number.MAX_SAFE_INTEGER),
  previous: aDigest,
  boot: aText(64, /^boot-[a-z]+$/),
  /** Date and time, UTC. */
  at: aText(24, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  event: anAccessEvent,
})
const aSealedAccess = aRecord({ record: anAccessRecord, signature: aText(86, /^[A-Za-z0-9_-]{86}$/) })
export type SealedAccess = ShapeOf<typeof aSealedAccess>

/** @returns the line that comes after `head`. */
export function sealAccess(
  head: Head,
  event: AccessEvent,
  moment: { readonly boot: string; readonly wallMs: number },
  key: SigningKey,
): { readonly line: string; readonly sealed: SealedAccess; readonly head: Head } {
  const record = {
    format: 'sotto-access-1',
    chain: key.id,
    number: head.number + 1,
    previous: head.digest,
    boot: moment.boot,
    at: new Date(moment.wallMs).toISOString(),
    event,
  } as const
  const sealed: SealedAccess = { record, signature: key.sign(canonical(record as unknown as Json)) }
  const line = canonical(sealed as unknown as Json)
  return { line, sealed, head: { number: record.number, digest: digestOf(line) } }
}

export type AccessFlaw = 'not-a-record' | 'not-canonical' | 'other-key' | 'bad-signature' | 'gap' | 'broken-link'

/** Reads a line. @param key undefined when signatures are not to be checked. */
export function readAccess(line: string, key: VerifyingKey | undefined): SealedAccess | AccessFlaw {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return 'not-a-record'
  }
  if (!aSealedAccess(value)) return 'not-a-record'
  if (canonical(value as unknown as Json) !== line) return 'not-canonical'
  if (key === undefined) return value
  if (value.record.chain !== key.id) return 'other-key'
  return key.verify(canonical(value.record as unknown as Json), value.signature) ? value : 'bad-signature'
}

export type AccessFinding = { readonly line: number; readonly flaw: AccessFlaw }

/** Checks a chain from its first line that is left. @returns what does not hold; lines count from 1. */
export function verifyAccess(lines: readonly string[], key: VerifyingKey): readonly AccessFinding[] {
  const findings: AccessFinding[] = []
  let before: Head | undefined
  for (const [at, line] of lines.entries()) {
    const checked = readAccess(line, key)
    if (typeof checked === 'string') findings.push({ line: at + 1, flaw: checked })
    // What was changed is still a link, so that one flaw does not hide the next.
    const shown = typeof checked === 'string' ? readAccess(line, undefined) : checked
    if (typeof shown === 'string') {
      before = undefined
      continue
    }
    const { number, previous } = shown.record
    const start: Head | undefined = before ?? (number === 1 ? { number: 0, digest: digestOf(key.id) } : undefined)
    if (start !== undefined && number !== start.number + 1) findings.push({ line: at + 1, flaw: 'gap' })
    else if (start !== undefined && previous !== start.digest) findings.push({ line: at + 1, flaw: 'broken-link' })
    before = { number, digest: digestOf(line) }
  }
  return findings
}
