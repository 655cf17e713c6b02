/**
 * Secrets of the dial plan: passwords of phones and trunks. They stand in their entries sealed, each tied to its entry, and are told to nobody: not by the API, not in an
 * export, not in the history. Who sends an entry back without them leaves them as they are; null in the place of one takes it away. Pure, but for what seals.
 */

import type { SchemaNode } from '../base/config-sources.ts'
import { bodySchemas } from './bodies.ts'
import { ordered } from './member-order.ts'
import type { Kind } from './tables.ts'

/** Seals for the owner that is named, and for no other. */
export type Seal = {
  seal(secret: Uint8Array, owner: string): string
  /** @throws Fault `people.bad-key` */
  open(sealed: string, owner: string): Uint8Array
}

type Tree = Readonly<Record<string, unknown>>
type Path = readonly string[]

const paths = new Map<Kind, readonly Path[]>()

/** @returns where secrets stand in entries of a kind. */
export function secretPaths(kind: Kind): readonly Path[] {
  const known = paths.get(kind)
  if (known !== undefined) return known
  const found = pathsIn(bodySchemas[kind] as object as SchemaNode)
  paths.set(kind, found)
  return found
}

/** @returns the names of the secrets that an entry has, such as `credentials.password`. */
export function secretsSet(kind: Kind, body: object): readonly string[] {
  return secretPaths(kind)
    .filter((path) => typeof valueAt(body, path) === 'string')
    .map((path) => path.join('.'))
}

/** @returns the body without its secrets. */
export function withoutSecrets<B extends object>(kind: Kind, body: B): B {
  return mapSecrets(kind, body, () => undefined)
}

/** @returns where somebody takes a secret away: what he sent has null there. */
export function secretsTakenAway(kind: Kind, given: unknown): readonly Path[] {
  return secretPaths(kind).filter((path) => at(given, path) === null)
}

/** @returns what is left without the secrets of these places. */
export function withoutThese<T>(given: T, taken: readonly Path[]): T {
  return isTree(given) ? (taken.reduce<object>((left, path) => placed(left, path, undefined), given) as T) : given
}

/** @returns the body with a word in place of each secret, for the history. */
export function hiddenSecrets<B extends object>(kind: Kind, body: B): B {
  return mapSecrets(kind, body, (value) => (value === undefined ? undefined : '(secret)'))
}

/**
 * Seals what somebody sent. Without any secret those of before stay; with one, what was sent is all there is.
 * @param before the body that is in the store. @returns the body for the store.
 */
export function sealSecrets<B extends object>(
  kind: Kind,
  name: string,
  body: B,
  before: object | undefined,
  seal: Seal,
): B {
  if (secretPaths(kind).length === 0) return body
  const kept = (path: Path) => valueAt(before, path)
  if (secretsSet(kind, body).length === 0) return mapSecrets(kind, body, (_, path) => kept(path))
  const owner = ownerOf(kind, name)
  return mapSecrets(kind, body, (value, path) => {
    if (value === undefined) return undefined
    const old = kept(path)
    return old !== undefined && opens(seal, old, owner) === value ? old : seal.seal(Buffer.from(value), owner)
  })
}

/** @returns the body with its secrets as they were sent. @throws Fault `people.bad-key` */
export function openSecrets<B extends object>(kind: Kind, name: string, body: B, seal: Seal): B {
  const owner = ownerOf(kind, name)
  return mapSecrets(kind, body, (value) => {
    if (value === undefined) return undefined
    const octets = seal.open(value, owner)
    const text = Buffer.from(octets).toString('utf8')
    octets.fill(0)
    return text
  })
}

function ownerOf(kind: Kind, name: string): string {
  return `${kind}/${name}`
}

/** @returns undefined where it was sealed with another key. */
function opens(seal: Seal, sealed: string, owner: string): string | undefined {
  try {
    return Buffer.from(seal.open(sealed, owner)).toString('utf8')
  } catch {
    return undefined
  }
}

function pathsIn(node: SchemaNode): readonly Path[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
    child.secret === true ? [[name]] : pathsIn(child).map((path) => [name, ...path]),
  )
}

function valueAt(body: object | undefined, path: Path): string | undefined {
  const value = at(body, path)
  return typeof value === 'string' ? value : undefined
}

function at(tree: unknown, path: Path): unknown {
  return path.reduce<unknown>((within, name) => (isTree(within) ? within[name] : undefined), tree)
}

/** A secret is not put where what is around it has gone. */
function mapSecrets<B extends object>(
  kind: Kind,
  body: B,
  map: (value: string | undefined, path: Path) => string | undefined,
): B {
  const mapped = secretPaths(kind).reduce<object>(
    (left, path) => placed(left, path, map(valueAt(body, path), path)),
    body,
  )
  return ordered(bodySchemas[kind] as object as SchemaNode, mapped) as B
}

function placed(tree: object, [name = '', ...rest]: Path, value: string | undefined): object {
  const members = tree as Tree
  if (rest.length === 0) {
    const { [name]: _, ...others } = members
    return value === undefined ? others : { ...members, [name]: value }
  }
  const child = members[name]
  return isTree(child) ? { ...members, [name]: placed(child, rest, value) } : members
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
