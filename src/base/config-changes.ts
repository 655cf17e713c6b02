/**
 * What a reload makes of a changed configuration: which settings are applied now, and which stay as they were until a restart. The schema says
 * of each which it is (`restart`). Pure: nothing is applied here.
 *
 * Rows of a list that have names are compared by them, so that a row put before the others changes none of them. What stays as it was must fit
 * what is applied: the two together are checked as one configuration.
 */

import type { ConfigProblem } from './config.ts'
import { checkConfig } from './config-checks.ts'
import { type Config, configSchema } from './config-schema.ts'
import { isTree, keyOf, type SchemaNode } from './config-sources.ts'
import { Secret } from './secret.ts'

export type ConfigChange = {
  /** `sip.ringSeconds`, or with the name of a row `trunks[carrier].maxCalls`. Never holds a value. */
  readonly setting: string
  readonly change: 'added' | 'removed' | 'changed'
}

export type ConfigDecision =
  | {
      readonly result: 'fits'
      /** The new configuration, with what needs a restart as it was. */
      readonly config: Config
      readonly applied: readonly ConfigChange[]
      readonly needsRestart: readonly ConfigChange[]
    }
  | { readonly result: 'misfit'; readonly problems: readonly ConfigProblem[] }

const schema = configSchema as object as SchemaNode
const NEEDS_BOTH =
  'It fits only what needs a restart and stays as it was until then: restart Sotto, or change it afterwards.'

/** Compares the configuration that runs with one that was read and checked. */
export function decideChanges(before: Config, after: Config): ConfigDecision {
  const config = merged(schema, before, after) as Config
  const problems = checkConfig(config).map(({ path, says }) => ({ key: keyOf(path), says, advice: NEEDS_BOTH }))
  if (problems.length > 0) return { result: 'misfit', problems }
  const changes = changesIn(schema, before, after, '')
  const those = (wanted: boolean) =>
    changes.filter(({ isLater }) => isLater === wanted).map(({ setting, change }) => ({ setting, change }))
  return { result: 'fits', config, applied: those(false), needsRestart: those(true) }
}

/** @returns whether two values of the configuration are the same, secrets by what they hold. */
export function isSameSetting(one: unknown, other: unknown): boolean {
  if (one instanceof Secret || other instanceof Secret)
    return one instanceof Secret && other instanceof Secret && one.matches(other.reveal())
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((each, at) => isSameSetting(each, other[at]))
  if (!isTree(one) || !isTree(other) || Array.isArray(one) || Array.isArray(other)) return one === other
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].every((name) => isSameSetting(one[name], other[name]))
}

function merged(node: SchemaNode, before: unknown, after: unknown): unknown {
  if (node.restart === true) return before
  if (node.properties === undefined || !isTree(before) || !isTree(after)) return after
  const children = Object.entries(node.properties).map(([name, child]) => [
    name,
    merged(child, before[name], after[name]),
  ])
  return Object.freeze(Object.fromEntries(children.filter(([, child]) => child !== undefined)))
}

type Found = ConfigChange & { readonly isLater: boolean }

function changesIn(node: SchemaNode, before: unknown, after: unknown, setting: string, isBelow = false): Found[] {
  if (isSameSetting(before, after)) return []
  const isLater = isBelow || node.restart === true
  const one = (change: ConfigChange['change']): Found[] => [{ setting, change, isLater }]
  if (before === undefined) return one('added')
  if (after === undefined) return one('removed')
  if (node.properties !== undefined && isTree(before) && isTree(after)) {
    return Object.entries(node.properties).flatMap(([name, child]) =>
      changesIn(child, before[name], after[name], setting === '' ? name : `${setting}.${name}`, isLater),
    )
  }
  const named = rowName(node.items)
  if (named === undefined || !Array.isArray(before) || !Array.isArray(after)) return one('changed')
  const [old, young] = [rowsByName(before, named), rowsByName(after, named)]
  const rows = [...new Set([...old.keys(), ...young.keys()])].flatMap((name) =>
    changesIn(node.items ?? {}, old.get(name), young.get(name), `${setting}[${name}]`, isLater),
  )
  return isReordered([...old.keys()], [...young.keys()]) ? [...rows, ...one('changed')] : rows
}

/** The key that rows of a list are known by; undefined where their place is all that tells them apart. */
function rowName(items: SchemaNode | undefined): 'name' | 'account' | undefined {
  return (['name', 'account'] as const).find((name) => items?.required?.includes(name) === true)
}

function rowsByName(rows: readonly unknown[], named: string): ReadonlyMap<string, unknown> {
  return new Map(rows.map((row) => [isTree(row) ? String(row[named]) : '', row]))
}

function isReordered(before: readonly string[], after: readonly string[]): boolean {
  const [old, young] = [new Set(before), new Set(after)]
  return before.filter((name) => young.has(name)).join(' ') !== after.filter((name) => old.has(name)).join(' ')
}
