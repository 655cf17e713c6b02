/** What may stand at a place of a flow's text, by the JSON schema of flows: keys of the map that one is in, or values of the key that one is at. Pure. */

export type SchemaNode = {
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly type?: string | readonly string[]
  readonly anyOf?: readonly SchemaNode[]
  readonly $ref?: string
  readonly items?: SchemaNode
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly additionalProperties?: SchemaNode | false
  readonly definitions?: Readonly<Record<string, SchemaNode>>
}

export type Offer = {
  readonly label: string
  readonly says: string
  /** A key, which a colon follows. */
  readonly isKey: boolean
}
export type Offers = { readonly from: number; readonly offers: readonly Offer[] }

/** A part of a line's beginning: a dash, or a key. */
type Level = { readonly column: number; readonly key: string | undefined }

const FIELD_KEYS = ['collect', 'get-key', 'repeat']
const GOAL_KEYS = ['go', 'from', 'otherwise', 'accepted', 'declined', 'failed']

/** @param at offset in the text. @returns `undefined` where nothing is known. */
export function offersAt(schema: SchemaNode, text: string, at: number): Offers | undefined {
  const start = text.lastIndexOf('\n', at - 1) + 1
  const line = text.slice(start, at)
  if (/^\s*#|\s#/.test(line)) return undefined
  const above = text.slice(0, start).split('\n').slice(0, -1)
  const [, lead = '', keyed, value = ''] = /^((?:\s*- )*\s*)(?:([^:#-][^:#]*):\s+)?(.*)$/.exec(line) ?? []
  const from = at - value.length
  const levels = levelsOf(lead)
  const own: Level = { column: lead.length, key: keyed?.trim() }
  const path = pathOf([...levels, own], above)
  if (own.key !== undefined) {
    const offers = [...knownNames(own.key, text), ...valuesOf(nodesAt(schema, [...path, own.key]))]
    return offers.length === 0 ? undefined : { from, offers: unique(offers) }
  }
  const siblings = levels.length > 0 ? [] : siblingsOf(above, lead.length)
  const nodes = nodesAt(schema, path).filter((node) =>
    siblings.every((name) => node.properties?.[name] !== undefined || hasRest(node)),
  )
  const inList = path.at(-1) === '[]' && siblings.length === 0
  const offers = [...keysOf(nodes, siblings), ...(inList ? valuesOf(nodes) : [])]
  return offers.length === 0 ? undefined : { from, offers: unique(offers) }
}

/** The dashes that a line begins with. */
function levelsOf(lead: string): Level[] {
  return [...lead.matchAll(/-/g)].map(({ index }) => ({ column: index, key: undefined }))
}

/** @returns what a place is in, from the outermost on: names of keys, and `[]` for an item of a list. */
function pathOf(levels: readonly Level[], above: readonly string[]): readonly string[] {
  const path: string[] = []
  let limit = Number.POSITIVE_INFINITY
  let wasItem = false
  const take = (level: Level) => {
    // A list may stand as far left as the key that holds it.
    const isOutside = level.column < limit || (wasItem && level.key !== undefined && level.column === limit)
    if (!isOutside) return
    path.unshift(level.key ?? '[]')
    limit = level.column
    wasItem = level.key === undefined
  }
  const [own] = levels.slice(-1)
  limit = own?.column ?? 0
  for (const level of levels.slice(0, -1).toReversed()) take(level)
  for (const line of above.toReversed()) {
    if (limit === 0 && !wasItem) break
    const [, lead = '', key] = /^((?:\s*- )*\s*)([^\s:#-][^:#]*):(?:\s|$)/.exec(line) ?? []
    if (key !== undefined) take({ column: lead.length, key: key.trim() })
    const dashes = levelsOf(/^(?:\s*-(?:\s|$))*/.exec(line)?.[0] ?? '')
    for (const level of dashes.toReversed()) take(level)
  }
  return path
}

/** Keys that stand beside this place already. */
function siblingsOf(above: readonly string[], column: number): readonly string[] {
  const names: string[] = []
  for (const line of above.toReversed()) {
    if (line.trim() === '') continue
    const [, lead = '', key] = /^((?:\s*- )*\s*)([^\s:#-][^:#]*):/.exec(line) ?? []
    if (key !== undefined && lead.length === column) names.push(key.trim())
    if (lead.length <= column && (lead.includes('-') || lead.length < column)) break
  }
  return names
}

function nodesAt(schema: SchemaNode, path: readonly string[]): readonly SchemaNode[] {
  const spread = (node: SchemaNode): readonly SchemaNode[] => {
    const name = node.$ref?.replace('#/definitions/', '')
    const own = name === undefined ? node : (schema.definitions?.[name] ?? {})
    return own.anyOf === undefined ? [own] : own.anyOf.flatMap(spread)
  }
  let nodes = spread(schema)
  for (const part of path) {
    nodes = nodes.flatMap((node) => {
      const next = part === '[]' ? node.items : (node.properties?.[part] ?? (node.additionalProperties || undefined))
      return next === undefined ? [] : spread(next)
    })
  }
  return nodes
}

function hasRest(node: SchemaNode): boolean {
  return typeof node.additionalProperties === 'object'
}

function keysOf(nodes: readonly SchemaNode[], there: readonly string[]): readonly Offer[] {
  return nodes.flatMap((node) =>
    Object.entries(node.properties ?? {})
      .filter(([name]) => !there.includes(name))
      .map(([name, child]) => ({ label: name, says: child.description ?? node.description ?? '', isKey: true })),
  )
}

function valuesOf(nodes: readonly SchemaNode[]): readonly Offer[] {
  return nodes.flatMap((node) => {
    const says = node.description ?? ''
    const words = node.enum ?? (node.type === 'boolean' ? [true, false] : [])
    return words.map((word) => ({ label: String(word), says, isKey: false }))
  })
}

/** Fields and labels of the text itself. */
function knownNames(key: string, text: string): readonly Offer[] {
  if (FIELD_KEYS.includes(key)) {
    const block = /^fields:[^\n]*\n((?:[ \t]+[^\n]*\n|\n)*)/m.exec(text)?.[1] ?? ''
    const indent = /^[ \t]+/.exec(block)?.[0] ?? '  '
    const names = [...block.matchAll(/^([ \t]+)([^\s:#][^:#\n]*):/gm)].flatMap(([, lead, name]) =>
      lead === indent && name ? name.trim() : [],
    )
    return names.map((label) => ({ label, says: 'A field of this flow.', isKey: false }))
  }
  if (!GOAL_KEYS.includes(key)) return []
  const labels = [...text.matchAll(/^[\s-]*label:[ \t]+([^\n#]+)/gm)].map(([, label = '']) => label.trim())
  return [...labels, 'end'].map((label) => ({
    label,
    says: label === 'end' ? 'The end.' : 'A step of this flow.',
    isKey: false,
  }))
}

function unique(offers: readonly Offer[]): readonly Offer[] {
  return [...new Map(offers.map((offer) => [offer.label, offer])).values()]
}
