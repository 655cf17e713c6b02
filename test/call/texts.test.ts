/** Texts that people write to each other: the way of a call with its guards, inside a call to the other end, and nowhere during a secure session. */

import t from 'tap'
import type { IncomingText } from '../../src/sip/index.ts'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { ACCEPTED, type Bench, CONFIG_TEXT, callBench, configOf, settle } from '../peers/call-bench.ts'
import { party } from '../peers/fake-sip.ts'
import { phoneMedia } from '../peers/phone-media.ts'
import { write } from '../peers/text-writer.ts'

const phone = (account: string) => ({ kind: 'phone', account }) as const
const SECURE = { cause: 480, text: 'Secure session' }

const uris = ({ sip }: Bench) => sip.texts.map(({ target }) => target.uri)

t.test('outside of a call it goes where a call would go', async (t) => {
  const bench = callBench()
  const answer = await write(bench, '100')
  t.match(answer, { status: 200, reason: undefined })
  t.match(bench.sip.texts, [
    {
      target: { uri: 'sip:agent@192.0.2.20:5062' },
      from: { user: '+4930123', uri: 'sip:+4930123@198.51.100.1' },
      maxForwards: 69,
      body: Buffer.from('hello'),
    },
  ])
  await write(bench, '+49301234567', { origin: phone('agent'), from: party('agent') })
  t.match(bench.sip.texts.at(-1), {
    target: { uri: 'sip:+49301234567@192.0.2.7:5060', trunk: 'carrier' },
    assertedIdentity: { user: 'agent' },
  })
  await write(bench, 'second', { origin: phone('agent'), from: party('agent') })
  await write(bench, '400')
  t.strictSame(uris(bench).slice(2), ['sip:second@192.0.2.21:5062', 'sip:400@pbx.example:5080'])
  await write(bench, '100', { isPrivate: true })
  t.match(bench.sip.texts.at(-1)?.from, { user: 'anonymous' })
  t.match(bench.calls.list(), [], 'no call came of any of them')
})

t.test('and is refused where a call would be refused', async (t) => {
  const bench = callBench()
  const rows: readonly (readonly [what: string, status: number, to: string, more?: Partial<IncomingText>])[] = [
    ['a number that leads nowhere', 404, '999'],
    ['out by a trunk from a trunk', 404, '+49301234567'],
    ['a number that the trunk does not allow', 403, '+1900123', { origin: phone('agent') }],
    ['an account that is gone', 403, '+49301234567', { origin: phone('nobody') }],
    ['another host', 404, '+49301234567', { origin: phone('agent'), target: party('+49301234567', '203.0.113.9') }],
    ['back to this server', 482, '500'],
  ]
  for (const [what, status, to, more] of rows) t.equal((await write(bench, to, more)).status, status, what)
  t.strictSame(bench.sip.texts, [])
  bench.sip.phones.delete('agent')
  t.equal((await write(bench, '100')).status, 480, 'nobody is signed in')
})

t.test('every phone of a stage gets it; the next stage only when nobody took it', async (t) => {
  const bench = callBench()
  await write(bench, '200')
  t.strictSame(uris(bench), ['sip:agent@192.0.2.20:5062', 'sip:second@192.0.2.21:5062'])
  bench.sip.texts.length = 0
  bench.sip.textAnswers = ({ target }) => (target.uri.includes('second') ? 202 : 405)
  t.match(await write(bench, '300'), { status: 202 })
  t.strictSame(uris(bench), ['sip:agent@192.0.2.20:5062', 'sip:second@192.0.2.21:5062'])
  bench.sip.textAnswers = ({ target }) => (target.uri.includes('second') ? 202 : 200)
  t.match(await write(bench, '200'), { status: 200 }, 'one has it')
})

t.test('what the far end says is passed back, as far as it says something of whom is written to', async (t) => {
  const bench = callBench()
  const rows = [
    [200, 200, undefined],
    [202, 202, undefined],
    [204, 200, undefined],
    [486, 486, 486],
    [404, 404, 404],
    [413, 413, 413],
    [415, 415, 415],
    [405, 480, 405],
    [408, 480, 408],
    [407, 500, 407],
    [503, 500, 503],
    [302, 480, 302],
    [603, 603, 603],
  ] as const
  for (const [said, status, cause] of rows) {
    bench.sip.textAnswers = () => said
    t.match(
      await write(bench, '100'),
      { status, reason: cause === undefined ? undefined : { protocol: 'SIP', cause } },
      `${said}`,
    )
  }
})

t.test('a trunk carries as many at once and a second as calls, beside them', async (t) => {
  const config = configOf(CONFIG_TEXT.replace('name: carrier,', 'name: carrier, maxCalls: 1, maxCallsPerSecond: 3,'))
  const bench = callBench({ config })
  await bench.bridged()
  let answer: (status: number) => void = () => undefined
  bench.sip.textAnswers = () =>
    new Promise((resolve) => {
      answer = resolve
    })
  const first = await write(bench, '100')
  t.equal(first.status, undefined, 'the call takes no line of it')
  t.equal((await write(bench, '100')).status, 486)
  t.equal((await write(bench, '+4930', { origin: phone('agent') })).status, 486, 'both ways')
  answer(200)
  await settle()
  t.equal(first.status, 200)
  bench.sip.textAnswers = () => 200
  t.equal((await write(bench, '100')).status, 200)
  t.equal((await write(bench, '100')).status, 200)
  t.equal((await write(bench, '100')).status, 503, 'too fast')
  t.ok(bench.faults.includes('call.trunk-too-fast'))
  bench.calls.reconfigure(configOf())
  t.equal((await write(bench, '100')).status, 200)
})

t.test('who writes to sips is written on over TLS or not at all', async (t) => {
  const bench = callBench()
  const target = { ...party('100'), uri: 'sips:100@198.51.100.1' }
  t.equal((await write(bench, '100', { target })).status, 480)
  t.strictSame(bench.sip.texts, [])
  bench.sip.phones.set('agent', [{ uri: 'sips:agent@phone.example' }])
  t.equal((await write(bench, '100', { target })).status, 200)
})

t.test('inside a call it goes to the other end, and its answer comes back', async (t) => {
  const bench = callBench()
  const { caller, agent } = await bench.bridged()
  agent.textAnswer = 202
  const told = caller.write('to the agent')
  const other = agent.write('to the caller')
  await settle()
  t.strictSame([agent.texts, caller.texts], [['to the agent'], ['to the caller']])
  t.match([told, other], [{ status: 202 }, { status: 200 }])
  caller.textAnswer = 481
  const lost = agent.write('is anybody there?')
  await settle()
  t.match(lost, { status: 480, reason: { cause: 481 } })
  caller.bye()
  t.match(agent.write('too late'), { status: 481 })
})

t.test('during a secure session nothing goes from or to either of the two', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  const told = [call.caller.write('4111'), call.agent.write('what was it?')]
  await settle()
  t.match(told, [
    { status: 480, reason: SECURE },
    { status: 480, reason: SECURE },
  ])
  const caller = { from: party('caller') }
  const rows: readonly (readonly [what: string, to: string, more?: Partial<IncomingText>])[] = [
    ['the caller to his agent', '100', caller],
    ['the caller to somebody else', 'second', { ...caller, target: party('400') }],
    ['anybody else to the agent', '100'],
    ['a colleague to the agent', 'agent', { origin: phone('second'), from: party('second') }],
    ['the agent to a colleague', 'second', { origin: phone('agent'), from: party('agent') }],
  ]
  for (const [what, to, more] of rows) t.match(await write(bench, to, more), { status: 480, reason: SECURE }, what)
  t.strictSame([call.agent.texts, call.caller.texts, bench.sip.texts], [[], [], []], 'nothing went anywhere')
  t.equal((await write(bench, '200')).status, 200, 'others of a group get it')
  t.strictSame(uris(bench), ['sip:second@192.0.2.21:5062'])

  bench.vault.last.wiped(ACCEPTED)
  bench.vault.last.returned()
  await settle()
  t.match(bench.calls.list(), [{ state: 'bridged' }])
  const after = call.caller.write('done')
  await settle()
  t.match([after.status, call.agent.texts], [200, ['done']])
  t.equal((await write(bench, '100', caller)).status, 200)
  t.strictSame(bench.breaches, [])
})

t.test('nor in another call of the agent, or of the caller', async (t) => {
  const bench = callBench()
  const dial = async (to: string, from: string) => {
    const caller = bench.incoming({ to, from: party(from), offer: makeOffer(phoneMedia(4000)) })
    await settle()
    const agent = bench.sip.sent.at(-1)
    agent?.answer(phoneMedia(5000))
    await settle()
    return { caller, agent }
  }
  const ofAgent = await dial('100', '+4930555')
  const ofCaller = await dial('200', 'caller')
  const ofOthers = await dial('200', '+4930666')
  await bench.secure()
  const writeIn = async ({ caller, agent }: typeof ofAgent) => {
    const told = [caller.write('4111'), agent?.write('what was it?')]
    await settle()
    return told
  }
  for (const call of [ofAgent, ofCaller]) {
    const refused = { status: 480, reason: SECURE }
    t.match(await writeIn(call), [refused, refused])
    t.strictSame([call.caller.texts, call.agent?.texts], [[], []])
  }
  t.match(await writeIn(ofOthers), [{ status: 200 }, { status: 200 }], 'who has nothing to do with it writes on')
  bench.vault.last.wiped(ACCEPTED)
  bench.vault.last.returned()
  await settle()
  t.match(await writeIn(ofAgent), [{ status: 200 }, { status: 200 }])
  t.strictSame(bench.breaches, [])
})

t.test('a call that the agent made: nothing goes to the number that he dialled, nor comes from it', async (t) => {
  const bench = callBench()
  const number = '+49307654321'
  bench.incoming({ to: number, origin: phone('agent'), from: party('agent'), offer: makeOffer(phoneMedia(4000)) })
  await settle()
  bench.sip.sent.at(-1)?.answer(phoneMedia(5000))
  await settle()
  const callId = bench.calls.list()[0]?.callId ?? ''
  const fromColleague = { origin: phone('second'), from: party('second') }
  t.equal((await write(bench, number, fromColleague)).status, 200)
  await bench.calls.startSecureSession(callId, { fields: [], startedBy: { by: 'token' } })
  await settle()
  bench.vault.last.began()
  t.match(await write(bench, '+49 30 7654321', fromColleague), { status: 480, reason: SECURE })
  t.match(await write(bench, 'second', { target: party('200'), from: party(number) }), { status: 480, reason: SECURE })
  t.equal((await write(bench, '+49309999999', fromColleague)).status, 200, 'another number is free')
  t.strictSame(bench.breaches, [])
})
