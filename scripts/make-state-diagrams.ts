/**
 * Draws the state machines into docs/ARCHITECTURE.md by running them: every event is tried in every state that can be reached, and each
 * change of state becomes an arrow. `--check` writes nothing and fails when the document is stale.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { IllegalStep, type Step } from '../src/base/step.ts'
import { stepSecure } from '../src/call/secure.ts'
import type { SecureEvent, SecureState } from '../src/call/secure-states.ts'

const FILE = new URL('../docs/ARCHITECTURE.md', import.meta.url)

type Tagged = { readonly at: string }

/** Explores a machine from its first state. @returns Mermaid text. */
export function diagramOf<State extends Tagged, Event, Effect extends { readonly do: string }>(
  first: State,
  eventsIn: (state: State) => readonly (readonly [name: string, event: Event])[],
  step: (state: State, event: Event) => Step<State, Effect>,
  unimportant: readonly Effect['do'][],
): string {
  const arrows = new Map<string, Set<string>>()
  const seen = new Set<string>()
  const waiting = [first]
  for (let state = waiting.shift(); state !== undefined; state = waiting.shift()) {
    const key = JSON.stringify(state)
    if (seen.has(key)) continue
    seen.add(key)
    for (const [name, event] of eventsIn(state)) {
      const result = tryStep(step, state, event)
      if (result === undefined) continue
      const [next, ...effects] = result
      waiting.push(next)
      if (next.at === state.at) continue
      const done = effects.map((effect) => effect.do).filter((verb) => !unimportant.includes(verb))
      const arrow = `${state.at} --> ${next.at}: `
      const label = done.length === 0 ? name : `${name} / ${done.join(', ')}`
      arrows.set(arrow, (arrows.get(arrow) ?? new Set()).add(label))
    }
  }
  const lines = [...arrows].map(([arrow, labels]) => `  ${arrow}${mergeByEffects([...labels])}`)
  return ['stateDiagram-v2', `  [*] --> ${first.at}`, ...lines].join('\n')
}

/** `a / x`, `b / x` become `a, b / x`. */
function mergeByEffects(labels: readonly string[]): string {
  const byEffects = new Map<string, string[]>()
  for (const label of labels) {
    const [name = '', effects = ''] = label.split(' / ')
    byEffects.set(effects, [...(byEffects.get(effects) ?? []), name])
  }
  return [...byEffects]
    .map(([effects, names]) => names.join(', ') + (effects === '' ? '' : ` / ${effects}`))
    .join(' | ')
}

function tryStep<State, Event, Effect>(
  step: (state: State, event: Event) => Step<State, Effect>,
  state: State,
  event: Event,
) {
  try {
    return step(state, event)
  } catch (thrown) {
    if (thrown instanceof IllegalStep) return undefined
    throw thrown
  }
}

/** Every event of the secure session, each with one example of what it may carry. */
function secureEvents(state: SecureState): readonly (readonly [string, SecureEvent])[] {
  const plain = [
    'requested',
    'parted',
    'partFailed',
    'released',
    'releaseFailed',
    'began',
    'beginFailed',
    'adopted',
    'adoptFailed',
    'reached',
    'unreachable',
    'vaultLost',
    'mediaLost',
    'callerGone',
    'agentGone',
    'cancelled',
  ] as const
  const lapse: SecureEvent[] = state.at === 'open' || state.at === 'ended' ? [] : [{ type: 'lapsed', timer: state.at }]
  const events: SecureEvent[] = [
    ...plain.map((type) => ({ type })),
    { type: 'wiped', outcome: { result: 'declined', details: '' } },
    { type: 'returned', socket: true },
    { type: 'returned', socket: false },
    { type: 'hangUp', reason: 'cancelled' },
    ...lapse,
  ]
  return events.map(
    (event) => [event.type === 'returned' && !event.socket ? 'returned empty' : event.type, event] as const,
  )
}

/** The document with its diagrams as the machines are now. */
export function withDiagrams(markdown: string): string {
  const secure = diagramOf<SecureState, SecureEvent, { readonly do: string }>(
    { at: 'open' },
    secureEvents,
    stepSecure,
    ['arm'],
  )
  return markdown.replace(
    /(<!-- diagram: secure -->\n)[\s\S]*?(<!-- end of diagram -->)/,
    (_all, head: string, tail: string) => `${head}\`\`\`mermaid\n${secure}\n\`\`\`\n${tail}`,
  )
}

if (import.meta.main) {
  const before = readFileSync(FILE, 'utf8')
  const after = withDiagrams(before)
  if (process.argv.includes('--check')) {
    if (before !== after) {
      process.stdout.write('docs/ARCHITECTURE.md is stale: run node scripts/make-state-diagrams.ts\n')
      process.exitCode = 1
    }
  } else {
    writeFileSync(FILE, after)
  }
}
