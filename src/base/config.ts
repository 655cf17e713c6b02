/**
 * The configuration: defaults, below the file, below the environment; checked against the schema and against itself; frozen. Read once
 * by an entry file and passed on in slices.
 *
 * Pure: the text, the environment and a function that reads `..._FILE` files come in. Nothing here looks at a clock or opens anything.
 */

import { dirname, isAbsolute, join } from 'node:path'
import { checkConfig, SAMPLE_PASSWORDS, SAMPLE_TOKENS } from './config-checks.ts'
import { type Config, configSchema } from './config-schema.ts'
import {
  type ConfigPath,
  type ConfigProblem,
  isTree,
  keyOf,
  overlayEnvironment,
  readYaml,
  type SchemaNode,
  type Source,
  type Tree,
} from './config-sources.ts'
import { maskCardNumbers } from './mask.ts'
import { misfitsOf } from './misfits.ts'
import { Secret } from './secret.ts'

export type { Config } from './config-schema.ts'
export type { ConfigProblem } from './config-sources.ts'

export type ConfigInput = {
  /** Text of the file; absent when there is none, and then the sample accounts are added. */
  readonly text?: string
  /** Path of the file; relative paths in it are resolved against its folder. */
  readonly fileName?: string
  /** Folder of the files that come with Sotto; the defaults of `path` keys are resolved against it. */
  readonly shippedFolder?: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Reads a file named by a `..._FILE` variable; undefined when it cannot. Absent: there are none. */
  readonly read?: (path: string) => string | undefined
}

export type ConfigOutcome =
  /** `sample` is true when the accounts are the sample's. */
  { readonly config: Config; readonly sample: boolean } | { readonly problems: readonly ConfigProblem[] }

/** Errors that are shown at once. */
const MAX_PROBLEMS = 50

/** What stands in for a file: two phones that can call each other, on loopback only. */
const SAMPLE: Tree = {
  phones: [
    { account: 'alice', displayName: 'Alice', password: SAMPLE_PASSWORDS[0] },
    { account: 'bob', displayName: 'Bob', password: SAMPLE_PASSWORDS[1] },
  ],
  routes: [
    { number: 'alice', to: { phone: 'alice' } },
    { number: 'bob', to: { phone: 'bob' } },
    { number: '100', to: { phone: 'alice' } },
    { number: '200', to: { phone: 'bob' } },
  ],
}

const schema = configSchema as object as SchemaNode

/** Reads the configuration. @returns it, or everything that is wrong with it; never throws on bad input. */
export function readConfig(input: ConfigInput): ConfigOutcome {
  const source: Source =
    input.text === undefined ? { tree: {}, origins: new Map(), problems: [] } : readYaml(input.text, schema)
  overlayEnvironment(source, input.env, schema, input.read ?? (() => undefined))
  if (source.problems.length > 0) return { problems: source.problems }
  const sample =
    input.text === undefined && ['phones', 'trunks', 'workgroups', 'routes'].every((key) => !(key in source.tree))
  if (sample) addSample(source.tree)
  const tree = filled(schema, source.tree, [], folderOf(source, input))
  const misfits = schemaProblems(tree, source)
  if (misfits.length > 0) return { problems: misfits }
  const config = sealed(schema, tree) as Config
  const findings = checkConfig(config).map(({ path, says, advice }) => ({
    key: keyOf(path),
    says,
    advice,
    ...near(path, source),
  }))
  return findings.length > 0 ? { problems: findings } : { config, sample }
}

/** @returns the configuration as one line of JSON for the log, secrets masked. */
export function describeConfig(config: Config): string {
  return maskCardNumbers(JSON.stringify(config))
}

function addSample(tree: Tree): void {
  const { http = {}, sip = {} } = tree
  const token = { name: 'sample', token: SAMPLE_TOKENS[0] }
  Object.assign(tree, structuredClone(SAMPLE), {
    http: isTree(http) ? { tokens: [token], ...http } : http,
    // Whatever softphone somebody has at hand must register at the first try, and some give up at the sight of SHA-256.
    sip: isTree(sip) ? { digestAlgorithms: ['MD5'], ...sip } : sip,
  })
}

/**
 * @returns a row of a list of the configuration that was kept elsewhere than in its file: with defaults, relative paths resolved against the folder, secrets sealed.
 * It must fit the schema of the list's items already.
 */
export function configRow<L extends 'phones' | 'trunks' | 'routes'>(
  list: L,
  row: Tree,
  folder: string | undefined,
): Config[L][number] {
  const items = schema.properties?.[list]?.items ?? {}
  return sealed(
    items,
    filled(items, row, [], () => folder),
  ) as Config[L][number]
}

/** Where a relative path starts: given ones at the file's folder (in the environment: where the process is), defaults at Sotto's own. */
function folderOf(source: Source, input: ConfigInput): (path: ConfigPath, given: boolean) => string | undefined {
  const fileFolder = input.fileName === undefined ? undefined : dirname(input.fileName)
  return (path, given) => {
    if (!given) return input.shippedFolder
    const origin = source.origins.get(keyOf(path))
    return origin !== undefined && 'variable' in origin ? undefined : fileFolder
  }
}

/** A copy with every default in its place and paths resolved; values that do not fit are left as they are, for the schema to refuse. */
function filled(node: SchemaNode, value: unknown, path: ConfigPath, folder: ReturnType<typeof folderOf>): unknown {
  if (node.properties !== undefined && (value === undefined || isTree(value))) {
    const entries = Object.entries(value ?? {})
    for (const name of Object.keys(node.properties))
      if (!entries.some(([key]) => key === name)) entries.push([name, undefined])
    const known = node.properties
    const children = entries.map(([name, child]): [string, unknown] => {
      const wanted = Object.hasOwn(known, name) ? known[name] : undefined
      const optional = wanted !== undefined && child === undefined && !(node.required?.includes(name) ?? false)
      return [name, wanted === undefined || optional ? child : filled(wanted, child, [...path, name], folder)]
    })
    return Object.fromEntries(children.filter(([, child]) => child !== undefined))
  }
  if (node.items !== undefined && Array.isArray(value ?? node.default)) {
    const items = node.items
    return ((value ?? node.default) as unknown[]).map((item, at) => filled(items, item, [...path, at], folder))
  }
  const taken = value ?? node.default
  if (node.path !== true || typeof taken !== 'string' || isAbsolute(taken)) return taken
  const base = folder(path, value !== undefined || node.data === true)
  return base === undefined ? taken : join(base, taken)
}

/** The schema's complaints, in words, each once. */
function schemaProblems(tree: unknown, source: Source): ConfigProblem[] {
  const misfits = misfitsOf(configSchema, tree).map(({ path, says, advice }) => ({
    key: keyOf(path),
    says,
    advice,
    ...near(path, source),
  }))
  return misfits.slice(0, MAX_PROBLEMS)
}

/** The nearest place in a source: that of the key itself, or of what holds it. */
function near(path: ConfigPath, source: Source): { readonly line?: number; readonly variable?: string } {
  for (let length = path.length; length > 0; length--) {
    const origin = source.origins.get(keyOf(path.slice(0, length)))
    if (origin !== undefined) return origin
  }
  return {}
}

/** Secrets become `Secret`s, and nothing can be changed any more. */
function sealed(node: SchemaNode, value: unknown): unknown {
  if (node.secret === true && typeof value === 'string') return new Secret(value)
  if (Array.isArray(value)) return Object.freeze(value.map((item) => sealed(node.items ?? {}, item)))
  if (!isTree(value)) return value
  return Object.freeze(
    Object.fromEntries(
      Object.entries(value).map(([name, child]) => [name, sealed(node.properties?.[name] ?? {}, child)]),
    ),
  )
}
