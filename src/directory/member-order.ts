/** Trees with their members in the order of their schema: two that say the same are then written alike. Pure. */

import type { SchemaNode } from '../base/config-sources.ts'

/** @returns the tree in the schema's order, members that it does not know last. */
export function ordered(schema: SchemaNode | undefined, value: unknown): unknown {
  return mapped(schema, value, (member, child) => [member, child])
}

/** @returns the tree without members that say what they would say by default. */
export function withoutDefaults(schema: SchemaNode | undefined, value: unknown): unknown {
  return mapped(schema, value, (member, child, node) =>
    node !== undefined && 'default' in node && JSON.stringify(node.default) === JSON.stringify(child)
      ? undefined
      : [member, child],
  )
}

type Kept = (member: string, child: unknown, node: SchemaNode | undefined) => [string, unknown] | undefined

function mapped(schema: SchemaNode | undefined, value: unknown, keep: Kept): unknown {
  if (Array.isArray(value)) return value.map((item) => mapped(schema?.items, item, keep))
  if (typeof value !== 'object' || value === null) return value
  const order = Object.keys(schema?.properties ?? {})
  const rank = (member: string) => (order.includes(member) ? order.indexOf(member) : order.length)
  const members = Object.entries(value).toSorted(([one], [other]) => rank(one) - rank(other))
  return Object.fromEntries(
    members.flatMap(([member, child]) => {
      const node = schema?.properties?.[member]
      const kept = keep(member, mapped(node, child, keep), node)
      return kept === undefined ? [] : [kept]
    }),
  )
}
