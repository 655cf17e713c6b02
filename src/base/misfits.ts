/** Where a tree does not fit its JSON Schema, in words that say what to do: for every file that an administrator writes. */

import type { TSchema } from 'typebox'
import { System } from 'typebox/system'
import { Errors } from 'typebox/value'
import { type ConfigPath, keyOf, restOf, type SchemaNode } from './config-sources.ts'
import { nearestWord } from './nearest.ts'

export type Misfit = { readonly path: ConfigPath; readonly says: string; readonly advice: string }

type Complaint = readonly [path: ConfigPath, says: string, advice: string]

/** @returns what is wrong with a tree, each place once. */
export function misfitsOf(schema: TSchema, tree: unknown): readonly Misfit[] {
  System.Settings.Set({ maxErrors: 1000 })
  const misfits = new Map<string, Misfit>()
  for (const error of Errors(schema, tree)) {
    const path = pathOf(error.instancePath, tree)
    for (const [child, says, advice] of complaints(error, path, nodeAt(schema as object as SchemaNode, path))) {
      const key = keyOf(child)
      if (!misfits.has(key)) misfits.set(key, { path: child, says, advice })
    }
  }
  return [...misfits.values()]
}

/** @returns what a key takes, for people: "a whole number from 1 to 64". */
export function wanted(node: SchemaNode): string {
  if (node.enum !== undefined) return `one of ${node.enum.join(', ')}`
  if (node.says !== undefined) return node.says
  switch (node.type) {
    case 'integer':
      return `a whole number from ${node.minimum} to ${node.maximum}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return 'a list, neither longer nor shorter than allowed, without repeats'
    case 'object':
      return 'a map of keys'
    default:
      return (node.minLength ?? 1) > 1 ? `text of at least ${node.minLength} characters` : 'text'
  }
}

function complaints(
  error: { keyword: string; params: object },
  path: ConfigPath,
  node: SchemaNode | undefined,
): Complaint[] {
  const params = error.params as { additionalProperties?: string[]; requiredProperties?: string[] }
  if (error.keyword === 'additionalProperties') {
    return (params.additionalProperties ?? []).map((name) => {
      const meant = nearestWord(name, Object.keys(node?.properties ?? {}))
      const list = Object.keys(node?.properties ?? {}).join(', ')
      return [
        [...path, name],
        'This key is not known.',
        meant === undefined ? `Known here: ${list}.` : `Did you mean "${meant}"?`,
      ]
    })
  }
  if (error.keyword === 'required') {
    return (params.requiredProperties ?? []).map((name) => [
      [...path, name],
      'This key is missing.',
      `Set it: ${node?.properties?.[name]?.description ?? ''}`,
    ])
  }
  // The complaint about an unknown key comes a second time as that of a schema that allows nothing.
  return error.keyword === 'boolean' || node === undefined
    ? []
    : [[path, 'This value does not fit.', `Write ${wanted(node)}.`]]
}

/** JSON Pointer (RFC 6901) to a path; whether a part is an index depends on what it points into. */
function pathOf(pointer: string, tree: unknown): ConfigPath {
  let at: unknown = tree
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const name = part.replace(/~1/g, '/').replace(/~0/g, '~')
      const step = Array.isArray(at) ? Number(name) : name
      at = (at as Record<string | number, unknown> | undefined)?.[step]
      return step
    })
}

function nodeAt(schema: SchemaNode, path: ConfigPath): SchemaNode | undefined {
  let node: SchemaNode | undefined = schema
  for (const part of path) {
    node = typeof part === 'number' ? node?.items : (node?.properties?.[part] ?? restOf(node))
  }
  return node
}
