/**
 * Reads a flow file: its shape by the schema, then names, lengths, keys and paths. What is wrong is told by line, all of it at once, with what to
 * do. Pure: text in, flow or problems out; YAML and JSON alike, since JSON is YAML.
 */

import type { TSchema } from 'typebox'
import {
  type ConfigPath,
  type ConfigProblem,
  isTree,
  keyOf,
  readYaml,
  type SchemaNode,
  type Source,
} from '../base/config-sources.ts'
import { misfitsOf } from '../base/misfits.ts'
import { nearestWord } from '../base/nearest.ts'
import { furtherProblems } from './checks.ts'
import { type FieldTree, fieldOf, type TimingTree } from './fields.ts'
import { kindNamed } from './kinds.ts'
import { pathProblems } from './paths.ts'
import {
  fieldSchema,
  headSchema,
  isBare,
  labelSchema,
  readingSchema,
  STEP_WORDS,
  type StepWord,
  stepSchemas,
} from './schema.ts'
import { type StepTree, stepsOf } from './steps.ts'
import type { Flow, FlowField } from './terms.ts'

/** What is wrong, where, and what to do. */
export type FlowProblem = Omit<ConfigProblem, 'variable'>
export type FlowReading =
  /** `lineOf` finds the line of a key such as `steps[2].say`, or of what holds it. */
  | { readonly flow: Flow; readonly lineOf: (key: string) => number | undefined }
  | { readonly problems: readonly FlowProblem[] }

/** Adds a problem at a place of the file. */
export type Report = (path: ConfigPath, says: string, advice: string) => void

type HeadTree = {
  readonly id: string
  readonly title: string
  readonly languages?: readonly string[]
  readonly sessionSeconds?: number
  readonly defaults?: TimingTree
  readonly fields?: Readonly<Record<string, unknown>>
  readonly steps: readonly unknown[]
}

const MAX_PROBLEMS = 50

/** @returns the flow, or everything that is wrong with the text; never throws on bad input. */
export function readFlow(text: string): FlowReading {
  const source = readYaml(text, readingSchema)
  const problems: FlowProblem[] = source.problems.map(({ key, says, advice, line }) => ({
    key,
    says,
    advice,
    ...(line === undefined ? {} : { line }),
  }))
  const report: Report = (path, says, advice) =>
    problems.push({ key: keyOf(path), says, advice, ...lineOf(path, source) })
  if (problems.length > 0) return { problems }
  const flow = flowOf(source, report, () => problems.length > 0)
  if (flow !== undefined && problems.length === 0) return { flow, lineOf: (key) => lineOfKey(key, source) }
  return { problems: problems.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0)).slice(0, MAX_PROBLEMS) }
}

function flowOf(source: Source, report: Report, bad: () => boolean): Flow | undefined {
  const fit = (schema: TSchema, tree: unknown, path: ConfigPath) => {
    for (const misfit of misfitsOf(schema, tree)) report([...path, ...misfit.path], misfit.says, misfit.advice)
  }
  const head = wrapped(headSchema as object as SchemaNode, source.tree) as HeadTree
  fit(headSchema, head, [])
  if (bad()) return undefined
  const fieldTrees = Object.entries(head.fields ?? {}).map(([name, value]): [string, FieldTree] => {
    const tree = typeof value === 'string' ? { kind: value } : wrapped(fieldSchema as object as SchemaNode, value)
    fit(fieldSchema, tree, ['fields', name])
    return [name, tree as FieldTree]
  })
  const words = head.steps.map((step, at) => wordOf(step, ['steps', at], report))
  const stepTrees = head.steps.map((step, at) => {
    const word = words[at]
    const schema = word === undefined ? undefined : (stepSchemas[word] as object as SchemaNode)
    const tree = typeof step === 'string' ? { [step]: true } : wrapped(schema, step)
    if (word !== undefined) fitStep(word, tree, ['steps', at], fit)
    else if (isTree(tree) && 'label' in tree) fit(labelSchema, { label: tree['label'] }, ['steps', at])
    return (isTree(tree) ? tree : {}) as StepTree
  })
  if (bad()) return undefined
  const fields = fieldsOf(head, fieldTrees, stepTrees, report)
  if (bad()) return undefined
  const names = fields.map(({ name }) => name)
  const greeting = fields.some(({ kind }) => kind === 'card-number') ? 'welcome' : 'entry-welcome'
  const steps = stepsOf(stepTrees, words, names, greeting, (step, key, says, advice) =>
    report(key === undefined ? ['steps', step] : ['steps', step, key], says, advice),
  )
  if (bad()) return undefined
  const { id, title, languages, sessionSeconds } = head
  const flow: Flow = { id, title, languages, sessionSeconds, fields, steps }
  for (const { step, says, advice } of pathProblems(steps, fields)) report(['steps', step], says, advice)
  furtherProblems(flow, report)
  return flow
}

/** @returns the word of a step; undefined for a label alone, or when there is none, which is told. */
function wordOf(step: unknown, path: ConfigPath, report: Report): StepWord | undefined {
  if (typeof step === 'string') {
    const word = STEP_WORDS.find((known) => known === step)
    if (word !== undefined && isBare(stepSchemas[word])) return word
    const meant = word ?? nearestWord(step, STEP_WORDS)
    const advice =
      meant === undefined
        ? `Steps are: ${STEP_WORDS.join(', ')}.`
        : `Did you mean "${meant}${isBareWord(meant) ? '' : ': ...'}"?`
    report(path, word === undefined ? 'This is not a step.' : 'This step needs something after a colon.', advice)
    return undefined
  }
  if (!isTree(step)) {
    report(path, 'This is not a step.', `Steps are: ${STEP_WORDS.join(', ')}.`)
    return undefined
  }
  const words = STEP_WORDS.filter((word) => word in step)
  if (words.length > 1) report(path, `This is ${words.length} steps in one.`, 'Begin each step with a dash of its own.')
  if (words.length === 0 && Object.keys(step).some((key) => key !== 'label')) {
    const meant = Object.keys(step).flatMap((key) => nearestWord(key, STEP_WORDS) ?? [])[0]
    report(
      path,
      'This is not a step.',
      meant === undefined ? `Steps are: ${STEP_WORDS.join(', ')}.` : `Did you mean "${meant}"?`,
    )
  }
  return words[0]
}

function isBareWord(word: string): boolean {
  return isBare(stepSchemas[word as StepWord])
}

/** A step whose word stands alone has nothing beside it to be checked. */
function fitStep(
  word: StepWord,
  tree: unknown,
  path: ConfigPath,
  fit: (schema: TSchema, tree: unknown, path: ConfigPath) => void,
): void {
  const schema = stepSchemas[word]
  const alone = isTree(tree) && tree[word] === true && isBare(schema)
  if (!alone) fit(schema, tree, path)
  else {
    const { [word]: _own, ...rest } = schema.properties as Record<string, TSchema>
    const { [word]: _true, ...others } = tree as Record<string, unknown>
    fit({ ...schema, properties: rest, required: [] } as TSchema, others, path)
  }
}

/** The fields in the order in which they are first collected; one that is not under `fields` must have a name that says its kind. */
function fieldsOf(
  head: HeadTree,
  trees: readonly (readonly [string, FieldTree])[],
  steps: readonly StepTree[],
  report: Report,
): readonly FlowField[] {
  const collected = [...new Set(steps.flatMap((step) => step.collect ?? step['get-key'] ?? []))]
  const written = new Map(trees)
  for (const name of written.keys()) {
    if (!collected.includes(name)) report(['fields', name], 'No step collects this field.', 'Collect it, or remove it.')
  }
  return collected.flatMap((name) => {
    const tree = written.get(name)
    if (tree === undefined && kindNamed(name) === undefined) {
      const step = steps.findIndex((each) => (each.collect ?? each['get-key']) === name)
      const meant = nearestWord(name, [...written.keys()])
      const advice = meant === undefined ? 'Add it to fields, with its kind.' : `Did you mean "${meant}"?`
      report(['steps', step], `There is no field "${name}".`, advice)
      return []
    }
    const field = fieldOf(name, tree ?? {}, head.defaults ?? {}, (option, says, advice) => {
      const inDefaults = option !== undefined && option in (head.defaults ?? {}) && !(option in (tree ?? {}))
      const place = inDefaults ? ['defaults'] : ['fields', name]
      report(option === undefined ? place : [...place, option], says, advice)
    })
    return field ?? []
  })
}

/** The shorthands written out: one value for a list of one, a clip for a rule that always fits. */
function wrapped(schema: SchemaNode | undefined, tree: unknown): unknown {
  if (schema === undefined) return tree
  if ((schema as { oneOrMany?: boolean }).oneOrMany === true && !Array.isArray(tree) && tree !== true)
    return wrapped(schema, [tree])
  if (Array.isArray(tree)) {
    return tree.map((item) =>
      typeof item === 'string' && schema.items?.properties?.['say'] !== undefined
        ? { say: item }
        : wrapped(schema.items, item),
    )
  }
  if (!isTree(tree)) return tree
  return Object.fromEntries(
    Object.entries(tree).map(([name, value]) => [name, wrapped(schema.properties?.[name], value)]),
  )
}

/** The same for a key as text. */
function lineOfKey(key: string, source: Source): number | undefined {
  for (let at = key; at !== ''; at = at.replace(/[.[][^.[]*$|^[^.[]+$/, '')) {
    const origin = source.origins.get(at)
    if (origin !== undefined && 'line' in origin) return origin.line
  }
  return undefined
}

/** The line of a place, or of the nearest one that holds it. */
function lineOf(path: ConfigPath, source: Source): { readonly line?: number } {
  for (let length = path.length; length > 0; length--) {
    const origin = source.origins.get(keyOf(path.slice(0, length)))
    if (origin !== undefined && 'line' in origin) return { line: origin.line }
  }
  return {}
}
