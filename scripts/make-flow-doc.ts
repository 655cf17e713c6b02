/**
 * Writes `docs/flow.schema.json` and the tables of `docs/FLOWS.md` from the schema of flow files. A test makes both again and compares: run
 * `node scripts/make-flow-doc.ts` after a change of `src/flow/schema.ts`.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SchemaNode } from '../src/base/config-sources.ts'
import { wanted } from '../src/base/misfits.ts'
import { KINDS } from '../src/flow/kinds.ts'
import { publishedSchema } from '../src/flow/published.ts'
import { fieldSchema, headSchema, stepSchemas } from '../src/flow/schema.ts'

type Node = SchemaNode & { readonly by?: string; readonly oneOrMany?: boolean; readonly bare?: boolean }

/** @returns the text of docs/flow.schema.json. */
export function flowSchemaText(): string {
  return `${JSON.stringify(publishedSchema(), undefined, 2)}\n`
}

/** @returns the document with its tables made anew. */
export function withFlowTables(markdown: string): string {
  const parts: Readonly<Record<string, () => string>> = {
    file: () => table(rowsOf(headSchema as object as Node)),
    steps: stepTables,
    field: () => table(rowsOf(fieldSchema as object as Node).filter(({ key }) => !key.startsWith('prompts.'))),
    kinds: kindTable,
    prompts: () =>
      Object.keys((fieldSchema as object as Node).properties?.['prompts']?.properties ?? {})
        .map((name) => `\`${name}\``)
        .join(', '),
  }
  return markdown.replace(
    /(<!-- made: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_all, begin: string, name: string, end: string) => {
      const make = parts[name]
      if (make === undefined) throw new Error(`no such part: ${name}`)
      return `${begin}${make()}\n${end}`
    },
  )
}

type Row = { readonly key: string; readonly node: Node; readonly needed: boolean }

/** Keys of a node and of the groups in it. */
function rowsOf(node: Node, inside = ''): readonly Row[] {
  return Object.entries((node.properties ?? {}) as Record<string, Node>).flatMap(([name, child]): readonly Row[] => {
    const row = { key: `${inside}${name}`, node: child, needed: node.required?.includes(name) ?? false }
    const deeper = child.type === 'object' && Object.keys(child.properties ?? {}).length > 0
    return deeper ? [row, ...rowsOf(child, `${inside}${name}.`)] : [row]
  })
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ key, node, needed }) => {
    const cells = [`\`${key}\``, node.description ?? '', takes(node), byDefault(node, needed)]
    return `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`
  })
  return `| Key | What | Takes | When left out |\n|---|---|---|---|\n${lines.join('\n')}`
}

function takes(node: Node): string {
  const item = node.items as Node | undefined
  const many = node.oneOrMany === true ? ', or a list of them' : ''
  if (node.type === 'array')
    return item?.type === undefined && item?.enum === undefined ? 'a list, see below' : `${wanted(item)}${many}`
  if (node.type === 'object') return node.properties === undefined ? 'a map of text' : 'a map'
  return node.bare === true && node.type === undefined ? 'nothing' : wanted(node)
}

function byDefault(node: Node, needed: boolean): string {
  if (node.default !== undefined) return `\`${String(node.default)}\``
  if (node.by !== undefined) return node.by
  return needed && node.bare !== true ? '**needed**' : ''
}

function stepTables(): string {
  const lines = Object.values(stepSchemas).flatMap((schema) => {
    const node = schema as object as Node
    return rowsOf(node)
      .filter(({ key }) => key !== 'label')
      .map((row, at) => {
        const said =
          at === 0
            ? `**${node.description}** ${row.node.bare === true ? '' : (row.node.description ?? '')}`
            : row.node.description
        const cells = [
          at === 0 ? `\`${row.key}\`` : `… \`${row.key}\``,
          said?.trim() ?? '',
          takes(row.node),
          byDefault(row.node, row.needed && at > 0),
        ]
        return `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`
      })
  })
  return `| Step | What | Takes | When left out |\n|---|---|---|---|\n${lines.join('\n')}`
}

function kindTable(): string {
  const length = ([min, max]: readonly [number, number]) => (min === max ? `${min}` : `${min}-${max}`)
  const lines = Object.entries(KINDS).map(([kind, { usual, allowed, names, options, needs }]) => {
    const named = [kind.replaceAll('-', ' '), ...names].map((name) => `\`${name}\``).join(', ')
    const own = options.map((option) => `\`${option}\`${needs.includes(option) ? ' (needed)' : ''}`).join(', ')
    return `| \`${kind}\` | ${length(usual)} | ${length(allowed)} | ${named} | ${own} |`
  })
  return `| Kind | Keys | Possible | Names that mean it | Options of its own |\n|---|---|---|---|---|\n${lines.join('\n')}`
}

if (import.meta.main) {
  const docs = join(import.meta.dirname, '..', 'docs')
  writeFileSync(join(docs, 'flow.schema.json'), flowSchemaText())
  const file = join(docs, 'FLOWS.md')
  writeFileSync(file, withFlowTables(readFileSync(file, 'utf8')))
}
