/**
 * What a lookup asks: the address with the values in it, and the headers with the secrets of the form. Where it may go is looked at again here, since the configuration may have changed
 * since the add-in was loaded. Pure.
 */

import { fault } from '../base/fault.ts'
import { fillUrl, urlProblem } from './lookup-url.ts'
import { type Lookup, type LookupPlaces, secretsIn, withSecrets } from './manifest.ts'

export type LookupRequest = {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** Those that stand in the headers: the answer must not hold them. */
  readonly secrets: readonly string[]
}

/** What a header can carry without being changed on the way (RFC 9110 section 5.5). */
const PLAIN = /^[\x20-\x7e]+$/

/**
 * @param secretOf opens a secret of the form; undefined where it has none of that name.
 * @throws Fault `lookup.not-allowed`, `lookup.bad-value`, `lookup.card-number`, `lookup.no-secret`
 */
export function requestOf(
  { url: template, headers }: Lookup,
  values: Readonly<Record<string, string>>,
  secretOf: (name: string) => string | undefined,
  places: LookupPlaces,
): LookupRequest {
  if (urlProblem(template, places) !== undefined) throw fault('lookup.not-allowed')
  const filled = fillUrl(template, values)
  if ('refused' in filled) throw fault(filled.refused)
  const names = [...new Set(Object.values(headers).flatMap(secretsIn))]
  const secrets = new Map(names.map((name) => [name, secretOf(name)]))
  const known = (name: string): string => {
    const value = secrets.get(name)
    if (value === undefined || !PLAIN.test(value)) throw fault('lookup.no-secret')
    return value
  }
  const own = { accept: 'application/json', 'accept-encoding': 'identity' }
  const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), withSecrets(value, known)])
  return { url: filled.url, headers: { ...own, ...Object.fromEntries(given) }, secrets: names.map(known) }
}
