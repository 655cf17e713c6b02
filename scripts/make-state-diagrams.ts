/**
 * Draws the state machines into docs/ARCHITECTURE.md by running them: every event is tried in every state that can be reached, and each
 * change of state becomes an arrow. `--check` writes nothing and fails when the document is stale.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { IllegalStep, type Step } from '../src/base/step.ts'
import { stepSecure } from '../src/call/secure.ts'
import type { SecureEvent, SecureState } from '../src/call/secure-states.ts'
import { INITIAL_CAPTURE, stepCapture } from '../src/vault/capture.ts'
import type { CaptureEffect, CaptureEvent, CapturePlan, CaptureState } from '../src/vault/capture-terms.ts'

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

/** A flow with a step of every kind that takes time, and one field that wants everything. */
const EXAMPLE: CapturePlan = {
  fields: [
    {
      name: 'account',
      kind: 'account-number',
      minKeys: 4,
      maxKeys: 17,
      attempts: 2,
      validKeys: '0123456789',
      keys: { terminator: 11, clear: 10, escape: 12, moreTime: 13 },
      firstDigitMs: 10_000,
      interDigitMs: 3000,
      moreTimes: 1,
      luhn: false,
      allowedBrands: [],
      enterTwice: true,
      readBack: 'all',
      tell: 'nothing',
      prompts: [],
    },
  ],
  steps: [
    { do: 'say', clips: ['welcome'], bargeIn: true },
    { do: 'collect', field: 0 },
    { do: 'validate' },
    { do: 'branch', accepted: 5, declined: 4, failed: 5 },
    { do: 'ask-agent', ms: 60_000 },
    { do: 'end' },
  ],
  sessionMs: 300_000,
}

/** Every event of the capture machine, each with one example of what it may carry. */
function captureEvents(state: CaptureState): readonly (readonly [string, CaptureEvent])[] {
  const plain = ['terminator', 'clear', 'escape', 'more-time', 'pressed', 'played', 'settled'] as const
  const events: (readonly [string, CaptureEvent])[] = [
    ['began', { type: 'began' }],
    ['barred', { type: 'barred', reason: 'prompts-missing' }],
    ...plain.map((type) => [type, { type }] as const),
    ['broken', { type: 'broken', sent: false }],
    ['whole', { type: 'kept', whole: true }],
    ['silence', { type: 'lapsed', timer: 'first-key' }],
    ['no more keys', { type: 'lapsed', timer: 'inter-key' }],
    ['no order', { type: 'lapsed', timer: 'agent' }],
    ['out of time', { type: 'lapsed', timer: 'session' }],
    ['good', { type: 'checked', fault: undefined }],
    ['bad', { type: 'checked', fault: 'too-short' }],
    ['accepted', { type: 'answered', outcome: { result: 'accepted', details: '' } }],
    ['declined', { type: 'answered', outcome: { result: 'declined', details: '' } }],
    ['again', { type: 'ordered', order: { what: 'again', fields: [0] } }],
    ['go on', { type: 'ordered', order: { what: 'go-on' } }],
    ['cancelled', { type: 'stopped', reason: 'cancelled', giveBack: true, sent: false }],
    ['agent gone', { type: 'stopped', reason: 'agent-hung-up', giveBack: true, sent: false }],
    ['caller gone', { type: 'stopped', reason: 'caller-hung-up', giveBack: false, sent: false }],
  ]
  // More keys are more of the same.
  return state.at === 'keying' ? events : [['digit', { type: 'digit' }], ...events]
}

const CAPTURE_DETAILS: readonly CaptureEffect['do'][] = [
  'arm',
  'disarm',
  'hush',
  'play',
  'tell',
  'open',
  'press',
  'forget',
  'play-outcome',
]

/** A run counts how often it was submitted; to a diagram the second time is like the first. */
function stepExample(state: CaptureState, event: CaptureEvent) {
  const step = stepCapture(EXAMPLE, state, event)
  const [next, ...effects] = step
  if (!('run' in next) || next.run.submissions <= 1) return step
  return [{ ...next, run: { ...next.run, submissions: 1 } }, ...effects] as typeof step
}

/** The document with its diagrams as the machines are now. */
export function withDiagrams(markdown: string): string {
  const secure = diagramOf<SecureState, SecureEvent, { readonly do: string }>(
    { at: 'open' },
    secureEvents,
    stepSecure,
    ['arm'],
  )
  const capture = diagramOf<CaptureState, CaptureEvent, CaptureEffect>(
    INITIAL_CAPTURE,
    captureEvents,
    stepExample,
    CAPTURE_DETAILS,
  )
  return withDiagram(withDiagram(markdown, 'secure', secure), 'capture', capture)
}

function withDiagram(markdown: string, name: string, diagram: string): string {
  return markdown.replace(
    new RegExp(`(<!-- diagram: ${name} -->\\n)[\\s\\S]*?(<!-- end of diagram -->)`),
    (_all, head: string, tail: string) => `${head}\`\`\`mermaid\n${diagram}\n\`\`\`\n${tail}`,
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
