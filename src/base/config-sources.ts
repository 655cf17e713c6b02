/**
 * Where configuration comes from: a YAML text and an environment. Each is read into a plain tree by the schema's leave, with the place of
 * every value kept, so that a mistake can be shown where it was made.
 *
 * - YAML: a value that the schema wants as text is taken as it was written, so `+4930*`, `0123` and `true` need no quotes. A key without a
 *   value counts as absent.
 * - Environment: the name is the path, mechanically: `media.portMin` is `SOTTO_MEDIA_PORT_MIN`, `phones[0].password` is
 *   `SOTTO_PHONES_0_PASSWORD`, a list of plain values is written with commas, and `..._FILE` names a file that holds the value.
 *   An empty variable counts as absent.
 *
 * It does not check values and fills in no defaults; that is `config.ts`.
 */

import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type Scalar } from 'yaml'
import { nearestWord } from './nearest.ts'

/** What is read of a JSON Schema, our annotations included. */
export type SchemaNode = {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean'
  readonly enum?: readonly string[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  /** What a map with keys of the writer's choice holds. */
  readonly additionalProperties?: boolean | SchemaNode
  readonly required?: readonly string[]
  readonly items?: SchemaNode
  readonly default?: unknown
  readonly description?: string
  readonly secret?: boolean
  readonly path?: boolean
  readonly data?: boolean
  readonly says?: string
  readonly sample?: unknown
  /** A key without a value counts as true: the word alone says it. */
  readonly bare?: boolean
  /** A reload leaves it, and all below it, as it was (`config-changes.ts`). */
  readonly restart?: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
}

export type ConfigPath = readonly (string | number)[]

export type ConfigProblem = {
  /** Path such as `phones[0].password`; empty for the whole. */
  readonly key: string
  /** What is wrong. Never holds a value. */
  readonly says: string
  /** What to do. */
  readonly advice: string
  /** Line in the file, from 1. */
  readonly line?: number
  /** Environment variable it came from. */
  readonly variable?: string
}

/** A place a value came from. */
export type Origin = { readonly line: number } | { readonly variable: string }

export type Tree = { [key: string]: unknown }

export type Source = {
  readonly tree: Tree
  /** By `keyOf(path)`. */
  readonly origins: Map<string, Origin>
  readonly problems: ConfigProblem[]
}

export const ENVIRONMENT_PREFIX = 'SOTTO_'
/** Names the file, for the command line; not a key. */
export const FILE_VARIABLE = 'SOTTO_CONFIG'
/** Nodes of a document, against aliases that multiply. */
const MAX_NODES = 100_000
const MAX_DEPTH = 20
const MAX_INDEX = 9999

/** @returns a path as people write it: `sip.listeners[0].port`. */
export function keyOf(path: ConfigPath): string {
  return path.map((part, at) => (typeof part === 'number' ? `[${part}]` : at === 0 ? part : `.${part}`)).join('')
}

/** @returns the environment variable of a path: `SOTTO_SIP_LISTENERS_0_PORT`. */
export function variableOf(path: ConfigPath): string {
  return ENVIRONMENT_PREFIX + path.map((part) => (typeof part === 'number' ? String(part) : capitals(part))).join('_')
}

/** @returns what a map holds under keys of the writer's choice; `undefined` when its keys are fixed. */
export function restOf(node: SchemaNode | undefined): SchemaNode | undefined {
  return typeof node?.additionalProperties === 'object' ? node.additionalProperties : undefined
}

/** Reads a YAML text. */
export function readYaml(text: string, schema: SchemaNode): Source {
  const lines = new LineCounter()
  const source: Source = { tree: {}, origins: new Map(), problems: [] }
  const document = parseDocument(text, { lineCounter: lines, merge: false, prettyErrors: false })
  for (const error of document.errors.slice(0, 20)) {
    // The parser's own words may quote the text, so only its code is passed on.
    const says = `This is not valid YAML (${error.code.toLowerCase().replace(/_/g, ' ')}).`
    source.problems.push({
      key: '',
      says,
      advice: 'Check indentation, quotes and colons here.',
      line: lines.linePos(error.pos[0]).line,
    })
  }
  if (source.problems.length > 0) return source
  let nodes = 0
  const read = (node: unknown, wanted: SchemaNode | undefined, path: ConfigPath): unknown => {
    const real = isAlias(node) ? node.resolve(document) : node
    if (isAlias(node) && real === undefined) {
      mark(node, path)
      const says = 'This alias names no anchor.'
      source.problems.push({
        key: keyOf(path),
        says,
        advice: 'Write the value out.',
        ...source.origins.get(keyOf(path)),
      })
    }
    if (++nodes > MAX_NODES || path.length > MAX_DEPTH) return undefined
    if (!isAlias(node)) mark(node as Node | undefined, path)
    if (isSeq(real)) return real.items.map((item, at) => read(item, wanted?.items, [...path, at]))
    // One value where a list is wanted is read like an item of it.
    if (isScalar(real)) return scalarValue(real, wanted?.items ?? wanted)
    if (!isMap(real)) return real === null && wanted?.bare === true ? true : undefined
    const entries: [string, unknown][] = []
    const rest = restOf(wanted)
    for (const { key, value } of real.items) {
      const name = isScalar(key) ? (key.source ?? String(key.value)) : '?'
      const child = [...path, name]
      entries.push([name, read(value, wanted?.properties?.[name] ?? rest, child)])
      mark(key as Node, child)
    }
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
  }
  const mark = (node: Node | undefined | null, path: ConfigPath) => {
    const offset = node?.range?.[0]
    if (offset !== undefined) source.origins.set(keyOf(path), { line: lines.linePos(offset).line })
  }
  const tree = read(document.contents, schema, [])
  if (source.problems.length > 0) return source
  if (nodes > MAX_NODES) {
    source.problems.push({
      key: '',
      says: 'The file is too large, or its aliases multiply.',
      advice: 'Write the values out.',
    })
  } else if (isTree(tree)) return { ...source, tree }
  else if (tree !== undefined) {
    source.problems.push({
      key: '',
      says: 'The file must be a map of keys.',
      advice: 'Begin with a line such as "sip:".',
      line: 1,
    })
  }
  return source
}

/**
 * Lays the environment over a tree. @param read gives the text of a file named by `..._FILE`, or undefined when it cannot.
 */
export function overlayEnvironment(
  source: Source,
  env: Readonly<Record<string, string | undefined>>,
  schema: SchemaNode,
  read: (path: string) => string | undefined,
): void {
  const names = Object.keys(env).filter((name) => name.startsWith(ENVIRONMENT_PREFIX) && name !== FILE_VARIABLE)
  // In order of name, so that element 0 of a list comes before element 1.
  for (const name of names.sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))) {
    const value = env[name]
    if (value === undefined || value === '') continue
    const rest = name.slice(ENVIRONMENT_PREFIX.length)
    const direct = findPath(rest, schema)
    const found = direct ?? (rest.endsWith('_FILE') ? findPath(rest.slice(0, -'_FILE'.length), schema) : undefined)
    if (found === undefined && isServiceLink(name, value)) continue
    if (found === undefined) {
      const meant = nearestWord(name, allVariables(schema, []))
      const advice = meant === undefined ? 'Remove it; docs/CONFIG.md lists all names.' : `Did you mean ${meant}?`
      source.problems.push({ key: '', says: 'No key has this name.', advice, variable: name })
      continue
    }
    const text = direct === undefined ? read(value)?.replace(/\r?\n$/, '') : value
    if (text === undefined) {
      const says = 'The file it names cannot be read.'
      source.problems.push({
        key: keyOf(found.path),
        says,
        advice: 'Check the path and its permissions.',
        variable: name,
      })
    } else if (place(source.tree, found.path, environmentValue(text, found.node), schema)) {
      source.origins.set(keyOf(found.path), { variable: name })
    } else {
      const says = 'The list has a gap before this element.'
      source.problems.push({
        key: keyOf(found.path),
        says,
        advice: 'Number the elements from 0 without gaps.',
        variable: name,
      })
    }
  }
}

/** What Kubernetes gives every container beside a service that is called "sotto"; a port that somebody meant to set is none. */
function isServiceLink(name: string, value: string): boolean {
  if (name === 'SOTTO_PORT') return /^(?:tcp|udp|sctp):\/\//.test(value)
  return /^SOTTO_(?:SERVICE_(?:HOST|PORT)(?:_[A-Z0-9_]+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/.test(
    name,
  )
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function scalarValue(scalar: Scalar, wanted: SchemaNode | undefined): unknown {
  if (scalar.value === null) return wanted?.bare === true ? true : undefined
  const asText = wanted?.type === 'string' || wanted?.enum !== undefined
  return asText && typeof scalar.value !== 'string' ? (scalar.source ?? String(scalar.value)) : scalar.value
}

function environmentValue(text: string, node: SchemaNode): unknown {
  if (node.type === 'array') return text.split(',').map((part) => environmentValue(part.trim(), node.items ?? {}))
  if (node.type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (node.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

type Found = { readonly path: ConfigPath; readonly node: SchemaNode }

/** Finds the key whose mechanical name this is. */
function findPath(rest: string, node: SchemaNode, path: ConfigPath = []): Found | undefined {
  if (node.properties !== undefined) {
    for (const [name, child] of Object.entries(node.properties)) {
      const word = capitals(name)
      if (rest === word) {
        const plain = child.properties === undefined && child.items?.properties === undefined
        if (plain) return { path: [...path, name], node: child }
      } else if (rest.startsWith(`${word}_`)) {
        const found = findPath(rest.slice(word.length + 1), child, [...path, name])
        if (found !== undefined) return found
      }
    }
    return undefined
  }
  const [, index, after] = /^(\d{1,4})(?:_(.+))?$/.exec(rest) ?? []
  if (node.items === undefined || index === undefined || Number(index) > MAX_INDEX) return undefined
  const at = [...path, Number(index)]
  if (after !== undefined) return findPath(after, node.items, at)
  return node.items.properties === undefined ? { path: at, node: node.items } : undefined
}

function allVariables(node: SchemaNode, path: ConfigPath): string[] {
  if (node.properties !== undefined) {
    return Object.entries(node.properties).flatMap(([name, child]) => allVariables(child, [...path, name]))
  }
  if (node.items?.properties !== undefined) return allVariables(node.items, [...path, 0])
  return [variableOf(path)]
}

/** Sets a value in a tree; a list begins as its default. @returns false when it would leave a gap in a list. */
function place(tree: Tree, path: ConfigPath, value: unknown, schema: SchemaNode): boolean {
  let at: unknown = tree
  let node: SchemaNode | undefined = schema
  for (const [depth, part] of path.entries()) {
    if (Array.isArray(at) && (typeof part !== 'number' || part > at.length)) return false
    node = typeof part === 'number' ? node?.items : node?.properties?.[part]
    const holder = at as Record<string | number, unknown>
    if (depth === path.length - 1) holder[part] = value
    else if (typeof path[depth + 1] !== 'number') holder[part] = isTree(holder[part]) ? holder[part] : {}
    else if (!Array.isArray(holder[part])) holder[part] = structuredClone(node?.default ?? [])
    at = holder[part]
  }
  return true
}

function capitals(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()
}
