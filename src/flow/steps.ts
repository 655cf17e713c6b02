/** The steps of a flow file with fields, labels and the words for them resolved into indexes. A step keeps its place in the file's list. */

import { nearestWord } from '../base/nearest.ts'
import type { StepWord } from './schema.ts'
import type { FlowStep } from './terms.ts'

/** A step as the schema leaves it. */
export type StepTree = {
  readonly label?: string
  readonly begin?: readonly string[] | true
  readonly say?: readonly string[]
  readonly bargeIn?: boolean
  readonly collect?: string
  readonly 'get-key'?: string
  readonly insert?: Readonly<Record<string, string>>
  readonly branch?: { readonly accepted?: string; readonly declined?: string; readonly failed?: string }
  readonly repeat?: readonly string[]
  readonly times?: number
  readonly from?: string
  readonly otherwise?: string
  readonly 'ask-agent'?: number | true
  readonly go?: string
}

/** Says what is wrong with a step, and with which key of it. */
export type ComplainOfStep = (step: number, key: string | undefined, says: string, advice: string) => void

/** Where a flow ends: a goal that every flow has. */
const END = 'end'
const EVERYTHING = 'everything'
const ASK_AGENT_SECONDS = 60

/**
 * @param words the word of each step, undefined for a label alone.
 * @param fields names of the fields, in the order of their indexes.
 * @param greeting the clip of `begin` when it names none.
 */
export function stepsOf(
  trees: readonly StepTree[],
  words: readonly (StepWord | undefined)[],
  fields: readonly string[],
  greeting: string,
  complain: ComplainOfStep,
): readonly FlowStep[] {
  const labels = labelsOf(trees, complain)
  const fieldAt = (step: number, key: string, name: string): number => {
    const at = fields.indexOf(name)
    if (at < 0) {
      const meant = nearestWord(name, fields)
      complain(
        step,
        key,
        'There is no field of this name.',
        meant === undefined ? `Add it to fields: ${name}.` : `Did you mean "${meant}"?`,
      )
    }
    return at
  }
  const goalOf = (step: number, key: string, label: string | undefined): number => {
    if (label === undefined) return step + 1
    const at = labels.get(label)
    if (at !== undefined) return at
    const meant = nearestWord(label, [...labels.keys()])
    const advice =
      meant === undefined ? 'Give the step that is meant a label, or write "end".' : `Did you mean "${meant}"?`
    complain(step, key, 'There is no step with this label.', advice)
    return step + 1
  }
  const collected = (field: number) => trees.findIndex((tree) => (tree.collect ?? tree['get-key']) === fields[field])
  const repeatOf = (tree: StepTree, step: number): FlowStep => {
    const names = tree.repeat ?? []
    const all = names.includes(EVERYTHING)
    const numbers = all ? fields.map((_, field) => field) : names.map((name) => fieldAt(step, 'repeat', name))
    const first = Math.min(...numbers.map((field) => (field < 0 ? trees.length : collected(field))))
    return {
      do: 'repeat',
      fields: numbers.filter((field) => field >= 0),
      from: tree.from === undefined ? Math.max(0, first) : goalOf(step, 'from', tree.from),
      times: tree.times ?? 1,
      otherwise: goalOf(step, 'otherwise', tree.otherwise),
    }
  }
  const stepOf = (tree: StepTree, word: StepWord, step: number): FlowStep => {
    const bargeIn = tree.bargeIn ?? true
    switch (word) {
      case 'begin':
        return { do: 'say', clips: tree.begin === true || tree.begin === undefined ? [greeting] : tree.begin, bargeIn }
      case 'say':
        return { do: 'say', clips: tree.say ?? [], bargeIn }
      case 'collect':
        return { do: 'collect', field: fieldAt(step, 'collect', tree.collect ?? '') }
      case 'get-key':
        return { do: 'collect', field: fieldAt(step, 'get-key', tree['get-key'] ?? '') }
      case 'insert':
        return { do: 'insert', inserts: Object.entries(tree.insert ?? {}).map(([name, value]) => ({ name, value })) }
      case 'branch':
        return {
          do: 'branch',
          accepted: goalOf(step, 'branch', tree.branch?.accepted),
          declined: goalOf(step, 'branch', tree.branch?.declined),
          failed: goalOf(step, 'branch', tree.branch?.failed),
        }
      case 'repeat':
        return repeatOf(tree, step)
      case 'ask-agent':
        return {
          do: 'ask-agent',
          seconds: typeof tree['ask-agent'] === 'number' ? tree['ask-agent'] : ASK_AGENT_SECONDS,
        }
      case 'go':
        return { do: 'go', to: goalOf(step, 'go', tree.go) }
      case 'insert-form':
      case 'validate':
      case 'end':
        return { do: word }
    }
  }
  return trees.map((tree, step) => {
    const word = words[step]
    return word === undefined ? { do: 'go', to: step + 1 } : stepOf(tree, word, step)
  })
}

function labelsOf(trees: readonly StepTree[], complain: ComplainOfStep): ReadonlyMap<string, number> {
  const labels = new Map([[END, trees.length]])
  for (const [step, { label }] of trees.entries()) {
    if (label === undefined) continue
    if (label === END) complain(step, 'label', 'Every flow has a label "end" already: its end.', 'Choose another name.')
    else if (labels.has(label))
      complain(step, 'label', 'An earlier step has this label.', 'Give each step a label of its own.')
    else labels.set(label, step)
  }
  return labels
}
