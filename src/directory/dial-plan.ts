/**
 * The dial plan: trunks, phones and routes of the configuration file, and behind them those of the store. The file goes before: an entry of the store whose name the file has
 * is left out, and so is one that does not fit the file any more, such as a route to a trunk that has gone. What is left out is told with its place.
 */

import { type Config, type ConfigProblem, configRow } from '../base/config.ts'
import { checkConfig } from '../base/config-checks.ts'
import { keyOf } from '../base/config-sources.ts'
import { asFault } from '../base/fault.ts'
import type { DirectoryProblem } from './check-body.ts'
import type { Entry, Picture } from './picture.ts'
import { isPlanKind, PLAN_KINDS, type PlanKind } from './plan-bodies.ts'
import { openSecrets, type Seal } from './secrets.ts'

/** What the dial plan stands on and the directory does not hold. */
export type PlanOutside = {
  /** The configuration without what the store adds. */
  readonly file: () => Config
  /** Where relative paths start. */
  readonly folder: string | undefined
  /** What is wrong with a whole configuration beyond its text: files that are not there, certificates. */
  readonly problems: (config: Config) => readonly ConfigProblem[]
  readonly seal: Seal
}

export type DialPlan = {
  /** The file's configuration with what can be used of the store. */
  readonly config: Config
  /** What is wrong with the rest, by `kind.name.member`. */
  readonly problems: readonly DirectoryProblem[]
}

type Row = { readonly kind: PlanKind; readonly name: string; readonly row: object }
type Named = { readonly kind: PlanKind; readonly name: string }

/** Routes of the file have no name: they are called by their place. */
const FILE_ROUTE = /^file-[1-9]\d*$/

/** @returns the name that a route of the file is shown under. @param at its place, from 0 */
export function fileRouteName(at: number): string {
  return `file-${at + 1}`
}

/** @returns whether the configuration file has an entry of this name. */
export function isInFile(kind: string, name: string, file: Pick<Config, PlanKind>): boolean {
  if (!isPlanKind(kind)) return false
  return kind === 'routes' ? file.routes.some((_, at) => fileRouteName(at) === name) : namesIn(kind, file).has(name)
}

/** @returns the configuration that counts. */
export function dialPlanOf(picture: Picture, outside: PlanOutside): DialPlan {
  const file = outside.file()
  const problems: DirectoryProblem[] = []
  let rows = entriesOf(picture).flatMap((entry) => rowOf(entry, file, outside, problems))
  while (rows.length > 0) {
    const config = withRows(file, rows)
    const found = problemsOf(config, outside)
    if (found.length === 0) return { config, problems }
    const known = new Set(outside.problems(file).map(({ key }) => key))
    const placed = found.filter(({ key }) => !known.has(key)).map((problem) => placedIn(problem, file, rows))
    if (placed.length === 0) return { config, problems }
    problems.push(...placed.map(({ problem }) => problem))
    const bad = new Set(placed.map(({ row }) => row))
    // What stands at none of them is of all of them together.
    rows = placed.every(({ row }) => row === undefined) ? [] : rows.filter((row) => !bad.has(row))
  }
  return { config: file, problems }
}

/** @returns what is wrong with one entry of a plan. */
export function problemsAt({ problems }: DialPlan, { kind, name }: Named): readonly DirectoryProblem[] {
  return problems.filter(({ key }) => `${key}.`.startsWith(`${kind}.${name}.`))
}

/** In the order in which they are tried, for routes. */
function entriesOf(picture: Picture): readonly (Named & { readonly body: object })[] {
  return PLAN_KINDS.flatMap((kind) => {
    const entries: readonly Entry<PlanKind>[] = [...picture.entries[kind].values()]
    const rankOf = ({ body }: Entry<PlanKind>) => ('rank' in body ? body.rank : 0)
    const sorted = entries.toSorted((one, other) => rankOf(one) - rankOf(other))
    return sorted.map(({ name, body }) => ({ kind, name, body }))
  })
}

function rowOf(
  { kind, name, body }: Named & { readonly body: object },
  file: Config,
  { folder, seal }: PlanOutside,
  problems: DirectoryProblem[],
): readonly Row[] {
  const refuse = (member: string, says: string, advice: string): readonly Row[] => {
    problems.push({ key: `${kind}.${name}.${member}`, says, advice })
    return []
  }
  if (kind === 'routes' && FILE_ROUTE.test(name))
    return refuse('name', 'Routes of the configuration file are called so.', 'Choose another name.')
  if (isInFile(kind, name, file)) {
    const says = 'The configuration file has an entry of this name, which goes before.'
    return refuse('name', says, 'Remove one of the two.')
  }
  try {
    const opened = openSecrets(kind, name, body, seal) as { credentials?: { password?: string } }
    if (opened.credentials !== undefined && opened.credentials.password === undefined)
      return refuse('credentials.password', 'This key is missing.', 'Set it, or leave credentials out.')
    const naming = { phones: { account: name }, trunks: { name }, routes: {} }[kind]
    const { rank: _, ...row } = { rank: 0, ...opened }
    return [{ kind, name, row: configRow(kind, { ...naming, ...row }, folder) }]
  } catch (thrown) {
    const { title, advice } = asFault(thrown).row
    return refuse('secrets', `${title}.`, advice)
  }
}

function withRows(file: Config, rows: readonly Row[]): Config {
  const added = (kind: PlanKind) => rows.filter((row) => row.kind === kind).map(({ row }) => row)
  const lists = PLAN_KINDS.map((kind) => [kind, Object.freeze([...file[kind], ...added(kind)])])
  return Object.freeze({ ...file, ...Object.fromEntries(lists) }) as Config
}

function problemsOf(config: Config, outside: PlanOutside): readonly DirectoryProblem[] {
  const found = checkConfig(config).map(({ path, says, advice }) => ({ key: keyOf(path), says, advice }))
  return found.length > 0 ? found : outside.problems(config)
}

/** @returns a problem at the entry that it stands at, when it stands at one of the store. */
function placedIn(
  { key, says, advice }: DirectoryProblem,
  file: Config,
  rows: readonly Row[],
): { readonly row: Row | undefined; readonly problem: DirectoryProblem } {
  const [, kind = '', at, rest = ''] = /^([a-z]+)\[(\d+)\](?:\.(.*))?$/.exec(key) ?? []
  if (!isPlanKind(kind)) return { row: undefined, problem: { key, says, advice } }
  const row = rows.filter((each) => each.kind === kind)[Number(at) - file[kind].length]
  const place = row === undefined ? key : [kind, row.name, ...(rest === '' ? [] : [rest])].join('.')
  return { row, problem: { key: place, says, advice } }
}

function namesIn(kind: Exclude<PlanKind, 'routes'>, file: Pick<Config, PlanKind>): ReadonlySet<string> {
  return new Set(kind === 'phones' ? file.phones.map(({ account }) => account) : file.trunks.map(({ name }) => name))
}
