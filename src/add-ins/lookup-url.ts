/**
 * The address of a lookup: written by whoever makes the add-in, with places for values that a form asks with. Values get into the path and the query alone, percent-encoded (RFC 3986
 * section 2.1), and none can lead out of the place that it stands in: where a lookup goes is said by the manifest and the configuration. Pure.
 */

import { holdsCardNumber } from '../base/card-text.ts'
import { isLoopback } from '../base/config-checks.ts'
import type { LookupPlaces } from './manifest.ts'

type Flaw = { readonly says: string; readonly advice: string }

const PLACE = /\{([^{}]*)\}/g
const PLACE_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/
/** Stands for a value while the address is looked at. */
const SAMPLE = 'x'
const MOST_PLACES = 20
const VALUE_CHARS = 256

/** @returns what is wrong with where an address leads. */
export function urlProblem(template: string, { allowHosts, plainLoopback }: LookupPlaces): Flaw | undefined {
  const url = urlIn(template)
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return { says: 'This is no address.', advice: 'Write it like https://orders.example.com/api/orders/{order}.' }
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    return {
      says: 'There is a password or a fragment in this address.',
      advice: 'Leave it out; secrets go into headers.',
    }
  const host = hostOf(url)
  if (url.protocol === 'http:' && !(plainLoopback && isLoopback(host)))
    return {
      says: 'This address is not https.',
      advice:
        'Write https://; http:// is for numeric addresses of this machine, where http.lookups.plainLoopback allows it.',
    }
  if (!allowHosts.some((allowed) => allowed.toLowerCase().replace(/\.$/, '') === host))
    return {
      says: 'Lookups may not go to this host.',
      advice: 'Add it to http.lookups.allowHosts, or name another one.',
    }
  return undefined
}

/** @returns what is wrong with the places for values in an address. */
export function placeholderProblem(template: string): Flaw | undefined {
  const names = placesIn(template)
  const rest = template.replace(PLACE, SAMPLE)
  if (!names.every((name) => PLACE_NAME.test(name)) || /[{}]/.test(rest) || names.length > MOST_PLACES)
    return {
      says: 'What stands in braces is no name of a value.',
      advice: 'Take letters, digits, dash and underscore, such as {order}.',
    }
  if (/\}\{/.test(template)) return { says: 'Two values stand side by side.', advice: 'Put something between them.' }
  const [, origin = '', path = ''] = /^([a-z]+:\/\/[^/?#]*)([^#]*)$/i.exec(template) ?? []
  if (placesIn(origin).length > 0 || (path !== '' && !path.startsWith('/')))
    return { says: 'A value would say where the lookup goes.', advice: 'Put values behind the first slash alone.' }
  const url = urlIn(template)
  // A template that the parser would write otherwise leads elsewhere than it reads.
  if (url !== undefined && (!isDecodable(path) || `${url.pathname}${url.search}` !== path.replace(PLACE, SAMPLE)))
    return {
      says: 'This address has parts that mean something else.',
      advice: 'Write the path out, percent-encoded, without "." and "..".',
    }
  return undefined
}

/** @returns the names of the values that an address has places for, each once. */
export function placesIn(template: string): readonly string[] {
  return [...new Set([...template.matchAll(PLACE)].map(([, name = '']) => name))]
}

export type FilledUrl =
  | { readonly url: URL }
  | { readonly refused: 'lookup.bad-value' | 'lookup.card-number'; readonly name?: string }

/** @returns the address with values in their places, or why they are not taken. It must have passed both looks above. */
export function fillUrl(template: string, values: Readonly<Record<string, string>>): FilledUrl {
  const names = placesIn(template)
  const given = new Map(Object.entries(values))
  if ([...given].some(([name, value]) => holdsCardNumber(name) || holdsCardNumber(value)))
    return { refused: 'lookup.card-number' }
  const bad = names.find((name) => !isValue(given.get(name)))
  if (bad !== undefined) return { refused: 'lookup.bad-value', name: bad }
  if ([...given.keys()].some((name) => !names.includes(name))) return { refused: 'lookup.bad-value' }
  const filled = template.replace(PLACE, (_, name: string) => percentEncoded(given.get(name) ?? ''))
  const url = new URL(filled)
  if (!filled.endsWith(`${url.pathname}${url.search}`)) return { refused: 'lookup.bad-value' }
  const parts = [...url.pathname.split('/'), ...url.search.split(/[?&=]/)].map(decodeURIComponent)
  if (parts.some(leadsOut)) return { refused: 'lookup.bad-value' }
  return parts.some(holdsCardNumber) ? { refused: 'lookup.card-number' } : { url }
}

/** @returns the host of an address in small letters, without brackets or a dot at its end. */
export function hostOf({ hostname }: URL): string {
  return hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}

/** All but what is unreserved (RFC 3986 section 2.3), so that no parser writes it otherwise. */
function percentEncoded(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

function urlIn(template: string): URL | undefined {
  const text = template.replace(PLACE, SAMPLE)
  return URL.canParse(text) ? new URL(text) : undefined
}

function isDecodable(path: string): boolean {
  try {
    return decodeURIComponent(path).length > 0
  } catch {
    return false
  }
}

function isValue(value: string | undefined): boolean {
  return value !== undefined && value.length <= VALUE_CHARS && value.trim() !== '' && /^[^\p{Cc}\p{Cs}]*$/u.test(value)
}

/** Servers that decode first and look for dots afterwards, or cut at a semicolon before, find none either. */
function leadsOut(part: string): boolean {
  return part.split(/[/\\]/).some((step) => /^\.{1,2}$/.test(step.replace(/;.*$/, '').trim()))
}
