/** One of several far ends takes a call: who is asked after whom, and that whoever places the call hears what the last one said. */

import t from 'tap'
import { callInTurn } from '../../src/sip/in-turn.ts'
import type { InviteOptions, OutgoingSession, SessionEvents, TargetChoice } from '../../src/sip/session.ts'
import { turnsOf } from '../../src/sip/turns.ts'

const A: TargetChoice = { key: 'a', uri: 'sip:a@10.0.0.1', priority: 0, weight: 1 }
const B: TargetChoice = { key: 'b', uri: 'sip:b@10.0.0.2', priority: 1, weight: 1 }

function play() {
  const told: unknown[][] = []
  const note =
    (name: string) =>
    (...what: unknown[]) =>
      void told.push([name, ...what])
  const events = {
    onProgress: note('progress'),
    onAnswered: note('answered'),
    onRefused: note('refused'),
  } as unknown as SessionEvents
  const placed: InviteOptions[] = []
  const health = { failed: note('failed'), answered: note('alive') }
  const order = (choices: readonly TargetChoice[]) => choices.toSorted((a, b) => a.priority - b.priority)
  const target = { uri: 'sip:b@trunk', choices: [B, A] }
  const [first, ...others] = turnsOf(target, { ...health, order }, () => undefined)
  if (first === undefined) throw new Error('nobody to call')
  const session = callInTurn({ target, events } as unknown as InviteOptions, [first, ...others], (options) => {
    placed.push(options)
    return { id: `s${placed.length}`, end: note('ended') } as unknown as OutgoingSession
  })
  const at = (nth: number) => {
    const options = placed[nth]
    if (options === undefined) throw new Error(`nobody was called ${nth + 1} times`)
    return options.events as Required<SessionEvents> & { onRefused(...what: unknown[]): void }
  }
  return { told, placed, session, at }
}

t.test('who does not answer at all hands the call on; who refuses it has decided', async (t) => {
  const { told, placed, session, at } = play()
  t.same(
    placed.map(({ target }) => target.uri),
    [A.uri],
  )
  at(0).onRefused(503, undefined)
  t.same(told, [['failed', 'a']], 'nobody hears of it')
  t.equal(placed[1]?.target.uri, B.uri)
  t.equal(session.id, 's2')
  at(1).onRefused(486, { cause: 17 })
  t.same(told.slice(1), [
    ['alive', 'b'],
    ['refused', 486, { cause: 17 }, undefined],
  ])
  t.equal(placed.length, 2)
})

t.test('who rang is not followed by another', async (t) => {
  const { told, placed, at } = play()
  at(0).onProgress(180, undefined)
  at(0).onRefused(503, undefined)
  t.equal(placed.length, 1)
  t.match(told.at(-1), ['refused', 503])
})

t.test('where a 3xx leads is told', async (t) => {
  const { told, at } = play()
  at(0).onRefused(302, undefined, ['sip:c@10.0.0.3'])
  t.same(told.at(-1), ['refused', 302, undefined, ['sip:c@10.0.0.3']])
})

t.test('a call that was ended goes nowhere else', async (t) => {
  const { placed, session, at } = play()
  session.end()
  at(0).onRefused(408, undefined)
  t.equal(placed.length, 1)
})

t.test('a phone is called over its newest flow, and over the others when that is broken', async (t) => {
  const told: unknown[] = []
  const placed: InviteOptions[] = []
  const health = { order: () => [], failed: () => undefined, answered: () => undefined }
  const peer = (port: number) => ({ transport: 'tcp', address: '10.0.0.9', port }) as const
  const target = {
    uri: 'sip:a@one',
    route: ['<sip:edge;lr>'],
    otherFlows: [{ uri: 'sip:a@two', peer: peer(2) }],
  }
  const [first, ...others] = turnsOf(target, health, ({ uri }) => told.push(`lost ${uri}`))
  if (first === undefined) throw new Error('nobody to call')
  const events = { onRefused: (status: number) => told.push(status) } as unknown as SessionEvents
  callInTurn({ target, events } as unknown as InviteOptions, [first, ...others], (options) => {
    placed.push(options)
    return { end: () => undefined } as unknown as OutgoingSession
  })
  placed[0]?.events.onRefused(430, undefined)
  t.strictSame(told, ['lost sip:a@one'], 'the proxy has lost it, and nobody else hears of that')
  t.strictSame(
    placed.map((each) => each.target.uri),
    ['sip:a@one', 'sip:a@two'],
  )
  t.notOk(placed[1]?.target.route, 'each flow has a way of its own')
  placed[1]?.events.onRefused(430, undefined)
  t.strictSame(told.slice(1), ['lost sip:a@two', 480])
})
