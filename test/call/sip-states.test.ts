/** Sends every request in every state, and plays every crossing, over the real stack; nothing may be left of any of them. */

import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { sipStatesDoc } from '../../scripts/make-sip-states-doc.ts'
import { OUTSIDE, type OutsideName, observeOutside, SENDERS, type Sender } from '../peers/sip-outside.ts'
import { observe, REQUESTS, type RequestName } from '../peers/sip-requests.ts'
import type { Scene } from '../peers/sip-scene.ts'
import { AGENT_STATES, CALLER_STATES, withAgent, withCaller } from '../peers/sip-states.ts'
import { CROSSINGS } from './sip-crossing-rows.ts'
import { OFFERS } from './sip-offer-rows.ts'
import { AGENT_ROWS, CALLER_ROWS, OUTSIDE_ROWS, type Rows } from './sip-state-rows.ts'

type Outcome = readonly [scene: Scene, seen: string]

/** Every request in every state of a table. */
async function isAsWritten<Name extends string, State extends string>(
  t: Test,
  rows: Rows<Name>,
  names: Readonly<Record<Name, unknown>>,
  states: Readonly<Record<State, string>>,
  happens: (name: Name, state: State) => Promise<Outcome>,
): Promise<void> {
  for (const name of Object.keys(names) as Name[]) {
    const seen: Record<string, string[]> = {}
    for (const state of Object.keys(states) as State[]) {
      const [scene, what] = await happens(name, state)
      seen[what] = [...(seen[what] ?? []), state]
      const left = await scene.close()
      if (left.length > 0) t.same(left, [], `${name}, ${state}: nothing is left`)
    }
    const all = Object.keys(states).length
    const written = Object.entries(seen).map(([what, where]) => [
      what,
      where.length === all ? 'always' : where.join(' '),
    ])
    t.same(Object.fromEntries(written), rows[name], name)
  }
}

t.test('the leg that called us', (t) =>
  isAsWritten(t, CALLER_ROWS, REQUESTS, CALLER_STATES, async (name: RequestName, state): Promise<Outcome> => {
    const scene = await withCaller(state)
    return [scene, await observe(scene, 'caller', name)]
  }),
)

t.test('the leg that we called', (t) =>
  isAsWritten(t, AGENT_ROWS, REQUESTS, AGENT_STATES, async (name: RequestName, state): Promise<Outcome> => {
    const scene = await withAgent(state)
    return [scene, await observe(scene, 'agent', name)]
  }),
)

t.test('outside of any dialog', (t) =>
  isAsWritten(t, OUTSIDE_ROWS, OUTSIDE, SENDERS, (name: OutsideName, sender: Sender) => observeOutside(sender, name)),
)

for (const { says, play, seen } of [...CROSSINGS, ...OFFERS]) {
  t.test(says, async (t) => {
    const [scene, what] = await play()
    t.same(what, seen)
    t.same(await scene.close(), [], 'nothing is left')
  })
}

t.test('docs/SIP-STATES.md is that of the rows', async (t) => {
  const written = readFileSync(new URL('../../docs/SIP-STATES.md', import.meta.url), 'utf8')
  t.equal(written, sipStatesDoc(), 'run node scripts/make-sip-states-doc.ts')
})
