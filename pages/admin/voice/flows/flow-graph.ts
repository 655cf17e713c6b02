/** A flow as states and the ways between them, in the order of its file. Pure: what is drawn, and what is read out in its place. */

import type { Flow } from '../../../../src/flow/index.ts'

export type FlowStep = Flow['steps'][number] & { readonly line?: number }
/** As the check of a text answers it. */
export type ReadFlow = Omit<Flow, 'steps'> & { readonly steps: readonly FlowStep[] }

export type GraphNode = {
  readonly id: string
  /** Place in the flow; undefined for the end. */
  readonly step: number | undefined
  readonly kind: 'say' | 'collect' | 'insert' | 'validate' | 'branch' | 'repeat' | 'ask-agent' | 'end'
  readonly title: string
  readonly detail: string
  readonly line: number | undefined
}
export type GraphEdge = { readonly from: string; readonly to: string; readonly label: string }
export type FlowGraph = { readonly nodes: readonly GraphNode[]; readonly edges: readonly GraphEdge[] }

const END = 'end'

export function graphOf(flow: ReadFlow): FlowGraph {
  const { steps } = flow
  const idOf = (step: number): string => {
    // Jumps are ways and no states; of a circle of them no more is drawn than the first.
    const seen = new Set<number>()
    let at = step
    for (let here = steps[at]; here?.do === 'go' && !seen.has(at); here = steps[at]) {
      seen.add(at)
      at = here.to
    }
    return steps[at] === undefined || steps[at]?.do === 'end' ? END : `step-${at}`
  }
  const nodes = steps.flatMap((step, at): GraphNode[] => {
    if (step.do === 'go' || step.do === 'end') return []
    return [{ id: `step-${at}`, step: at, line: step.line, ...wordsOf(flow, step) }]
  })
  const edges = steps.flatMap((step, at) => edgesOf(step, at, idOf))
  const end: GraphNode = {
    ...{ id: END, step: undefined, kind: 'end', title: 'End', line: undefined },
    detail: 'The caller hears how it ended, and both are joined again.',
  }
  return { nodes: [...nodes, end], edges: merged(edges) }
}

function edgesOf(step: FlowStep, at: number, idOf: (step: number) => string): readonly GraphEdge[] {
  const from = `step-${at}`
  switch (step.do) {
    case 'go':
    case 'end':
      return []
    case 'branch':
      return [
        { from, to: idOf(step.accepted), label: 'accepted' },
        { from, to: idOf(step.declined), label: 'declined' },
        { from, to: idOf(step.failed), label: 'failed' },
      ]
    case 'repeat':
      return [
        { from, to: idOf(step.from), label: step.times === 1 ? 'once' : `${step.times} times` },
        { from, to: idOf(step.otherwise), label: 'after that' },
      ]
    default:
      return [{ from, to: idOf(at + 1), label: '' }]
  }
}

/** Ways from one state to another are one, whatever leads along it. */
function merged(edges: readonly GraphEdge[]): readonly GraphEdge[] {
  const found = new Map<string, GraphEdge>()
  for (const edge of edges) {
    const key = `${edge.from} ${edge.to}`
    const before = found.get(key)
    found.set(key, before === undefined ? edge : { ...before, label: `${before.label}, ${edge.label}` })
  }
  return [...found.values()]
}

function wordsOf({ fields }: ReadFlow, step: FlowStep): Pick<GraphNode, 'kind' | 'title' | 'detail'> {
  const nameOf = (field: number) => fields[field]?.name ?? ''
  switch (step.do) {
    case 'say':
      return { kind: 'say', title: 'Say', detail: step.clips.join(', ') }
    case 'collect': {
      const field = fields[step.field]
      const tries =
        field?.attempts === undefined ? '' : `, ${field.attempts} ${field.attempts === 1 ? 'attempt' : 'attempts'}`
      return { kind: 'collect', title: `Collect ${nameOf(step.field)}`, detail: `${field?.kind ?? ''}${tries}` }
    }
    case 'insert':
      return { kind: 'insert', title: 'Insert', detail: step.inserts.map(({ name }) => name).join(', ') }
    case 'insert-form':
      return { kind: 'insert', title: 'Insert form', detail: 'what the agent filled in' }
    case 'validate':
      return { kind: 'validate', title: 'Validate', detail: 'one request to the service' }
    case 'branch':
      return { kind: 'branch', title: 'Branch', detail: 'by the last verdict' }
    case 'repeat':
      return { kind: 'repeat', title: 'Repeat', detail: step.fields.map(nameOf).join(', ') }
    case 'ask-agent':
      return { kind: 'ask-agent', title: 'Ask the agent', detail: `for ${step.seconds} s; any field again` }
    case 'go':
    case 'end':
      return { kind: 'end', title: 'End', detail: '' }
  }
}

/** @returns a state in words, with where it leads, for who does not see the drawing. */
export function sentenceOf(node: GraphNode, { nodes, edges }: FlowGraph): string {
  const titleOf = (id: string) => {
    const at = nodes.findIndex((each) => each.id === id)
    return `${at + 1}, ${nodes[at]?.title ?? ''}`
  }
  const ways = edges
    .filter(({ from }) => from === node.id)
    .map(({ to, label }) => (label === '' ? `then ${titleOf(to)}` : `${label}: ${titleOf(to)}`))
  return `${node.title}${node.detail === '' ? '' : ` (${node.detail})`}${ways.length === 0 ? '' : ` – ${ways.join('; ')}`}`
}
