/**
 * The directory as a YAML file, to be kept in git: kinds in one order, names sorted, defaults left out, so that a change of one entry is a change of
 * few lines. It holds no secret: passwords, second factors and tokens of users, passwords of phones and trunks, values of secrets of forms stay in the store. Pure.
 */

import { parseDocument, stringify } from 'yaml'
import type { SchemaNode } from '../base/config-sources.ts'
import { type Bodies, bodySchemas } from './bodies.ts'
import { type Change, type Difference, differenceOf, effective } from './change.ts'
import { bodyProblems, completed, type DirectoryProblem } from './check-body.ts'
import { withoutDefaults } from './member-order.ts'
import type { Entry, Picture } from './picture.ts'
import { type Seal, sealSecrets, withoutSecrets } from './secrets.ts'
import { KINDS, type Kind } from './tables.ts'

const HEAD = `# The directory of Sotto, written by "sotto config export". "sotto config import" makes a directory like this file: an entry that is not
# in it goes, but for flows; a kind that is not in it is left alone.
`

/** @returns the text of a file for a directory. */
export function writeDirectoryFile(picture: Picture): string {
  const tree = Object.fromEntries(
    KINDS.map((kind) => {
      const entries: readonly Entry<Kind>[] = [...picture.entries[kind].values()]
      return [
        kind,
        Object.fromEntries(
          entries.map(({ name, body }) => [
            name,
            withoutDefaults(bodySchemas[kind] as object as SchemaNode, withoutSecrets(kind, body)),
          ]),
        ),
      ]
    }),
  )
  return HEAD + stringify(tree, { lineWidth: 0, sortMapEntries: false })
}

/** Whole bodies as a file has them; a kind that is not in it is left alone. */
export type DirectoryFile = { readonly [K in Kind]?: ReadonlyMap<string, Bodies[K]> }

/** @returns what a file says, or everything that is wrong with it by itself. */
export function readDirectoryFile(text: string): DirectoryFile | { readonly problems: readonly DirectoryProblem[] } {
  const document = parseDocument(text, { uniqueKeys: true })
  const [error] = document.errors
  if (error !== undefined) {
    const line = error.linePos?.[0].line ?? 1
    return { problems: [{ key: `line ${line}`, says: 'This is no YAML.', advice: 'Correct the line.' }] }
  }
  const tree = treeOf(document)
  if (tree === undefined) return { problems: [{ key: '', says: 'There is an alias here.', advice: 'Write it out.' }] }
  if (!isMap(tree)) return { problems: [noMap('')] }
  const problems: DirectoryProblem[] = []
  const kinds = new Map<Kind, ReadonlyMap<string, Bodies[Kind]>>()
  for (const [kind, entries] of Object.entries(tree)) {
    if (!isKind(kind))
      problems.push({ key: kind, says: 'This kind is not known.', advice: `Kinds are ${KINDS.join(', ')}.` })
    else if (!isMap(entries ?? {})) problems.push(noMap(kind))
    else kinds.set(kind, entriesOf(kind, (entries ?? {}) as Tree, problems))
  }
  return problems.length > 0 ? { problems } : (Object.fromEntries(kinds) as DirectoryFile)
}

/** @returns what makes a directory like a file; secrets that the file does not have stay as they are. */
export function changesTo(picture: Picture, file: DirectoryFile, seal: Seal): readonly Change[] {
  const changes = KINDS.flatMap((kind) => {
    const wanted: ReadonlyMap<string, Bodies[Kind]> | undefined = file[kind]
    if (wanted === undefined) return []
    // What was published stays.
    const gone = kind === 'flows' ? [] : [...picture.entries[kind].keys()].filter((name) => !wanted.has(name))
    return [
      ...[...wanted].map(([name, body]) => {
        const before = picture.entries[kind].get(name)?.body
        return { kind, name, body: sealSecrets(kind, name, body, before, seal) } as Change
      }),
      ...gone.map((name) => ({ kind, name, body: undefined }) as Change),
    ]
  })
  return effective(picture, changes)
}

export type NamedDifference = {
  readonly kind: Kind
  readonly name: string
  readonly action: '+' | '-' | '~'
  readonly difference: Difference
}

/** @returns each change as a person wants to see it before it is made. */
export function differencesOf(picture: Picture, changes: readonly Change[]): readonly NamedDifference[] {
  return changes.map(({ kind, name, body }) => {
    const before = picture.entries[kind].get(name)?.body
    const action = before === undefined ? '+' : body === undefined ? '-' : '~'
    return { kind, name, action, difference: differenceOf(kind, before, body) }
  })
}

type Tree = Readonly<Record<string, unknown>>

/** @returns undefined where an alias stands, which can make a few lines a tree without end. */
function treeOf(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 }) ?? {}
  } catch {
    return undefined
  }
}

function entriesOf(kind: Kind, entries: Tree, problems: DirectoryProblem[]): ReadonlyMap<string, Bodies[Kind]> {
  return new Map(
    Object.entries(entries).map(([name, given]): [string, Bodies[Kind]] => {
      const body = completed(kind, given ?? {})
      for (const problem of bodyProblems(kind, name, body))
        problems.push({ ...problem, key: `${kind}.${name}.${problem.key}` })
      return [name, body]
    }),
  )
}

function isKind(kind: string): kind is Kind {
  return (KINDS as readonly string[]).includes(kind)
}

function isMap(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function noMap(key: string): DirectoryProblem {
  return { key, says: 'This is no map.', advice: 'Write names with a colon, and what belongs to each below it.' }
}
