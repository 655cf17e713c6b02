/**
 * Secrets of the dial plan and of forms: passwords of phones and trunks, and what lookups of add-ins prove themselves with. They stand in their entries sealed, each tied to its entry, and are
 * told to nobody: not by the API, not in an export, not in the history. Who sends an entry back without them leaves them as they are; null in the place of one takes it
 * away. Pure, but for what seals.
 */

import type { SchemaNode } from '../base/config-sources.ts'
import { asFault } from '../base/fault.ts'
import { type Bodies, bodySchemas } from './bodies.ts'
import { ordered } from './member-order.ts'
import type { Kind } from './tables.ts'

/** Seals for the owner that is named, and for no other. */
export type Seal = {
  seal(secret: Uint8Array, owner: string): string
  /** @throws Fault `people.bad-key` */
  open(sealed: string, owner: string): Uint8Array
}

type Tree = Readonly<Record<string, unknown>>
/** Where a secret stands, such as `credentials.password`; in a list, by the name of its row: `secrets[orders].value`. */
type Place = string
/** @param given what stands there, which is a text when it has been checked. @returns what shall stand there; undefined for nothing. */
type MapSecret = (value: string | undefined, place: Place, given: unknown) => unknown

/** @returns the places of the secrets that an entry has. */
export function secretsSet(kind: Kind, body: object): readonly Place[] {
  return [...secretsOf(kind, body).keys()]
}

/** @returns the body without its secrets. */
export function withoutSecrets<B extends object>(kind: Kind, body: B): B {
  return mapSecrets(kind, body, () => undefined)
}

/** @returns where somebody takes a secret away: what he sent, unchecked as yet, has null there. */
export function secretsTakenAway(kind: Kind, given: unknown): ReadonlySet<Place> {
  const taken = new Set<Place>()
  mapped(bodySchemas[kind] as object as SchemaNode, given, '', (_, place, value) => {
    if (value === null) taken.add(place)
    return value
  })
  return taken
}

/** @returns what is left without the secrets of these places; all else as it is, right or wrong. */
export function withoutThese<T>(kind: Kind, given: T, taken: ReadonlySet<Place>): T {
  if (taken.size === 0) return given
  const left = (_: string | undefined, place: Place, value: unknown) => (taken.has(place) ? undefined : value)
  return mapped(bodySchemas[kind] as object as SchemaNode, given, '', left) as T
}

/** @returns the body with a word in place of each secret, for the history. */
export function hiddenSecrets<B extends object>(kind: Kind, body: B): B {
  return mapSecrets(kind, body, (value) => (value === undefined ? undefined : '(secret)'))
}

/**
 * Seals what somebody sent. Without any secret those of before stay; with one, what was sent is all there is. A row of a list has a secret of its own, which stays while nobody sends another.
 * @param before the body that is in the store. @returns the body for the store.
 */
export function sealSecrets<B extends object>(
  kind: Kind,
  name: string,
  body: B,
  before: object | undefined,
  seal: Seal,
): B {
  const kept = secretsOf(kind, before ?? {})
  const sendsSome = [...secretsOf(kind, body).keys()].some((place) => !isInList(place))
  return mapSecrets(kind, body, (value, place) => {
    const old = kept.get(place)
    if (value === undefined) return sendsSome && !isInList(place) ? undefined : old
    const owner = ownerOf(kind, name, place)
    return old !== undefined && opened(seal, old, owner) === value ? old : seal.seal(Buffer.from(value), owner)
  })
}

/** @returns the body with its secrets as they were sent. @throws Fault `people.bad-key` */
export function openSecrets<B extends object>(kind: Kind, name: string, body: B, seal: Seal): B {
  return mapSecrets(kind, body, (value, place) =>
    value === undefined ? undefined : textOf(seal.open(value, ownerOf(kind, name, place))),
  )
}

/** @returns a secret of a form; undefined where it has none of that name, or it was sealed with another key. */
export function secretOfForm(form: string, body: Bodies['forms'], secret: string, seal: Seal): string | undefined {
  const place = placeInList('secrets', secret, 'value')
  const sealed = secretsOf('forms', body).get(place)
  return sealed === undefined ? undefined : opened(seal, sealed, ownerOf('forms', form, place))
}

/** A row's is tied to its place too, so that what is sealed in one row is of no use in another. */
function ownerOf(kind: Kind, name: string, place: Place): string {
  return isInList(place) ? `${kind}/${name}/${place}` : `${kind}/${name}`
}

function isInList(place: Place): boolean {
  return place.includes('[')
}

function placeInList(list: string, row: string, member: string): Place {
  return `${list}[${row}].${member}`
}

/** @returns undefined where it was sealed with another key. */
function opened(seal: Seal, sealed: string, owner: string): string | undefined {
  try {
    return textOf(seal.open(sealed, owner))
  } catch (thrown) {
    if (asFault(thrown).code === 'people.bad-key') return undefined
    throw thrown
  }
}

/** @param octets overwritten. */
function textOf(octets: Uint8Array): string {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('utf8')
  octets.fill(0)
  return text
}

function secretsOf(kind: Kind, body: object): ReadonlyMap<Place, string> {
  const found = new Map<Place, string>()
  mapSecrets(kind, body, (value, place) => {
    if (value !== undefined) found.set(place, value)
    return value
  })
  return found
}

/** A secret is not put where what is around it has gone. */
function mapSecrets<B extends object>(kind: Kind, body: B, map: MapSecret): B {
  const schema = bodySchemas[kind] as object as SchemaNode
  return ordered(schema, mapped(schema, body, '', map)) as B
}

function mapped(node: SchemaNode, tree: unknown, at: string, map: MapSecret): unknown {
  if (!isTree(tree)) return tree
  const members = new Map(Object.entries(tree))
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const place = at === '' ? name : `${at}.${name}`
    const value = members.get(name)
    if (child.secret === true) {
      const secret = map(typeof value === 'string' ? value : undefined, place, value)
      if (secret === undefined) members.delete(name)
      else members.set(name, secret)
    } else if (Array.isArray(value) && child.items !== undefined)
      members.set(
        name,
        value.map((row) => mappedRow(child.items ?? {}, row, place, map)),
      )
    else if (value !== undefined) members.set(name, mapped(child, value, place, map))
  }
  return Object.fromEntries(members)
}

function mappedRow(node: SchemaNode, row: unknown, list: string, map: MapSecret): unknown {
  const name = isTree(row) && typeof row['name'] === 'string' ? row['name'] : ''
  return mapped(node, row, `${list}[${name}]`, map)
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
