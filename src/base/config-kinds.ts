/** The kinds of values that settings have, as JSON Schema with our annotations (`config-schema.ts`), and the patterns of those that are text. */

import { type TProperties, Type } from 'typebox'
import type { Secret } from './secret.ts'

type Notes = {
  readonly sample?: unknown
  readonly says?: string
  readonly pattern?: string
  readonly path?: true
  readonly data?: true
  readonly restart?: true
}

export const NAME = {
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$',
  says: 'letters, digits, dot, dash and underscore, at most 64',
}
export const ADDRESS = {
  pattern: '^(?:\\d{1,3}(?:\\.\\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$',
  says: 'a numeric IPv4 or IPv6 address',
}
export const NETWORK = {
  pattern: '^[0-9A-Fa-f:.]{2,45}(?:/\\d{1,3})?$',
  says: 'a network such as 203.0.113.0/24, or an address',
}
export const ORIGIN = {
  pattern: '^(?:[a-z][a-z0-9+.-]*://[^\\s/?#@]{1,255}|null)$',
  says: 'an origin such as https://desk.example.com:8443, without a path',
}
export const HOST = { pattern: '^[A-Za-z0-9.:-]{1,255}$', says: 'a host name or address' }
export const SIP_URI = { pattern: '^sips?:[^\\s<>"]{1,1000}$', says: 'a SIP URI such as sip:pbx.example.com:5060' }
export const NUMBER = { pattern: '^\\S{1,128}$', says: 'a number or name, with * at its end for "anything after this"' }
export const DIALLED = { pattern: '^\\+?[0-9*#]{1,32}$', says: 'a number in digits, without * for anything after' }
export const HASH = (hexDigits: number) => ({
  pattern: `^[0-9a-fA-F]{${hexDigits}}$`,
  says: `${hexDigits} hexadecimal digits`,
})
export const PIN = { pattern: '^[A-Za-z0-9+/]{43}=$', says: 'the base64 of 32 octets' }
export const FILE = { path: true } as const
/** Of what is opened or begun when Sotto starts: sockets, processes, folders. A reload leaves it, and all below it, as it was. */
export const AT_START = { restart: true } as const
type Mark = Pick<Notes, 'restart'>

export function group<P extends TProperties>(description: string, properties: P, mark: Mark = {}) {
  return Type.Object(properties, { additionalProperties: false, description, ...mark })
}
export function text(description: string, notes: Notes & { readonly default?: string } = {}) {
  return Type.String({ minLength: 1, maxLength: 4096, description, ...notes })
}
export function secret(description: string, notes: Notes & { readonly minLength?: number } = {}) {
  return Type.Unsafe<Secret>(Type.String({ minLength: 1, maxLength: 1024, description, secret: true, ...notes }))
}
export function whole(description: string, minimum: number, maximum: number, byDefault: number, mark: Mark = {}) {
  return Type.Integer({ minimum, maximum, default: byDefault, description, ...mark })
}
/** A limit that may be absent. */
export function count(description: string) {
  return Type.Integer({ minimum: 1, maximum: 100_000, sample: 30, description })
}
export function flag(description: string, byDefault: boolean, mark: Mark = {}) {
  return Type.Boolean({ default: byDefault, description, ...mark })
}
export function oneOf<const V extends string[]>(description: string, words: V, byDefault: V[number], mark: Mark = {}) {
  return Type.Unsafe<V[number]>(Type.Enum(words, { default: byDefault, description, ...mark }))
}
export function port(description: string, byDefault: number, mark: Mark = {}) {
  return whole(description, 0, 65_535, byDefault, mark)
}

export function networks(description: string, mark: Mark = {}) {
  const network = text('Network or address.', NETWORK)
  return Type.Array(network, { maxItems: 64, uniqueItems: true, default: [], description, ...mark })
}

/** Further places that calls may be sent to. @param first the place that goes before, in words. */
export function moreTargets(first: string) {
  const target = group('One more place.', {
    uri: text('Where requests go; the dialled number becomes the user part.', {
      ...SIP_URI,
      sample: 'sip:192.0.2.11:5060',
    }),
    priority: whole('The lowest that answers is taken.', 0, 65_535, 0),
    weight: whole('Share of the calls among those of the same priority.', 0, 65_535, 1),
  })
  const description = `More places of which one is enough, beside ${first}, which has priority 0.`
  return Type.Optional(Type.Array(target, { maxItems: 16, description }))
}
