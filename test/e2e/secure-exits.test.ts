/**
 * Every way out of a secure session, through the real processes: each ends in its typed reason, the caller is told where there still
 * is one, both hear each other again, and the next session works.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { pause, until } from '../../src/demo/waiting.ts'
import { CANARY, type Sotto, startSotto } from '../peers/sotto.ts'
import { openSwitchboard, type Switchboard } from '../peers/switchboard.ts'
import {
  checkClean,
  checkParted,
  checkTold,
  dial,
  hearEachOther,
  nextYearsEnd,
  type Session,
  type Talk,
  talk,
} from '../peers/talk.ts'
import { startValidationPeer, type ValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

/** Passes Luhn no more: the canary with its last digit changed. */
const WRONG_CARD = '6011000990139425'

type Stage = {
  readonly sotto: Sotto
  readonly validation: ValidationPeer
  readonly switchboard: Switchboard
}

async function stage(t: Test, secureInput: readonly string[]): Promise<Stage> {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const switchboard = await openSwitchboard(validation.port)
  t.teardown(() => switchboard.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${switchboard.port}/check`,
    caText: validation.authority,
    timeoutSeconds: 2,
    secureInput,
  })
  return { sotto, validation, switchboard }
}

const sessionsOf = ({ callId }: Talk): string => `/api/v1/calls/${callId}/secure-sessions`

/** What holds of a session that both people came back from. */
async function checkCameBack(t: Test, talking: Talk, session: Session, reason: string): Promise<void> {
  const ended = await session.event('secure.ended', 30_000)
  t.strictSame(ended['outcome'], { result: 'failed', reason })
  t.equal(ended['resultString'], `${session.sessionId}|failed|${reason} \n`)
  await checkTold(t, talking, session)
  await hearEachOther(t, talking)
  await checkParted(t, talking, session)
}

t.test('one call with a session for each way back to the agent', async (t) => {
  const { sotto, validation, switchboard } = await stage(t, ['attempts: 2', 'flowsFolder: own'])
  const talking = await talk(t, sotto)
  // Nobody else is hurried: keys come late from a busy machine.
  const hasty =
    'id: hasty\ntitle: Hasty\nfields: { card: { kind: card-number, firstDigitSeconds: 1 } }\nsteps: [begin, collect: card, validate]\n'
  mkdirSync(join(sotto.folder, 'own'), { recursive: true })
  writeFileSync(join(sotto.folder, 'own', 'hasty.yaml'), hasty)
  t.match(await sotto.server.request('POST', '/api/v1/flows/hasty/publish'), { status: 201 })

  await t.test('the agent cancels while the caller keys', async (t) => {
    const session = await talking.secure()
    await session.asked(0)
    await talking.key(CANARY.slice(0, 8))
    await session.event('secure.progress', 2000, ({ keys }) => keys === 8)
    const { status } = await sotto.server.request('DELETE', `${sessionsOf(talking)}/${session.sessionId}`)
    t.equal(status, 202)
    await checkCameBack(t, talking, session, 'cancelled')
  })

  await t.test('the caller keys nothing', async (t) => {
    const session = await talking.secure(undefined, { flow: 'hasty' })
    await session.asked(0, 2)
    await checkCameBack(t, talking, session, 'timeout')
    const refused = session.events().filter(({ type }) => type === 'secure.refused')
    t.strictSame(
      refused.map(({ why }) => why),
      ['timeout', 'timeout'],
    )
  })

  await t.test('the caller keys a wrong card number each time', async (t) => {
    const session = await talking.secure()
    await session.asked(0)
    await talking.key(`${WRONG_CARD}#`)
    await session.asked(0, 2)
    await talking.key(`${WRONG_CARD}#`)
    await checkCameBack(t, talking, session, 'too-many-failed-attempts')
    t.equal(validation.requests.length, 0, 'nothing was sent')
  })

  await t.test('accepted, after the clear key and an expired date', async (t) => {
    const before = validation.requests.length
    const session = await talking.secure([
      { name: 'customer account', value: '343453422' },
      { name: 'charge "amount"', value: '<14.55> & tip für ß' },
    ])
    await session.asked(0)
    await talking.key('4111*')
    await session.event('secure.progress', 2000, ({ keys }) => keys === 0)
    await talking.key(`${CANARY}#`)
    await session.asked(1)
    await talking.key('0120#')
    await session.asked(1, 2)
    await talking.key(`${nextYearsEnd()}#`)
    await session.asked(2)
    await talking.key('123#')
    const ended = await session.event('secure.ended', 15_000)
    const outcome = { result: 'accepted', details: 'That number was good', brand: 'discover', lastFour: '9424' }
    t.strictSame(ended['outcome'], outcome)
    t.equal(ended['resultString'], `${session.sessionId}|accepted|That number was good \n`)
    t.strictSame(
      session.events().flatMap(({ type, why }) => (type === 'secure.refused' ? [why] : [])),
      ['expired'],
    )
    t.equal(validation.requests.length, before + 1, 'one request')
    const wanted = [
      `<?xml version="1.0" encoding='UTF-8' ?>`,
      '<params>',
      '<param name="customer account" value="343453422" />',
      '<param name="charge &quot;amount&quot;" value="&lt;14.55&gt; &amp; tip für ß" />',
      `<param name="credit card" value="${CANARY}" />`,
      `<param name="expiry date" value="${nextYearsEnd()}" />`,
      '<param name="security code" value="123" />',
      '</params>',
      '',
    ].join('\n')
    const body = validation.requests.at(-1)?.body
    t.equal(body?.equals(Buffer.from(wanted, 'utf8')), true, 'the body, octet by octet')
    await checkTold(t, talking, session)
    await hearEachOther(t, talking)
    await checkParted(t, talking, session)
  })

  await t.test('declined', async (t) => {
    validation.behave('decline')
    const session = await talking.secure()
    await session.enter(CANARY, 'in-band')
    const ended = await session.event('secure.ended', 15_000)
    t.strictSame(ended['outcome'], { result: 'declined', details: 'Not this one' })
    t.equal(ended['resultString'], `${session.sessionId}|declined|Not this one \n`)
    await checkTold(t, talking, session)
    await hearEachOther(t, talking)
    await checkParted(t, talking, session)
  })

  for (const [behaviour, reason] of [
    ['status-500', 'validation-refused'],
    ['garbage', 'validation-bad-reply'],
    ['hang', 'validation-timed-out'],
  ] as const) {
    await t.test(`the validation service: ${behaviour}`, async (t) => {
      validation.behave(behaviour)
      const before = validation.requests.length
      const session = await talking.secure()
      await session.enter(CANARY)
      const submitting = await session.event('secure.submitting')
      if (behaviour === 'hang') {
        const { status, body } = await sotto.server.request('DELETE', `${sessionsOf(talking)}/${session.sessionId}`)
        t.match(
          { status, body },
          { status: 409, body: { code: 'secure.submitting' } },
          'what was sent is not cancelled',
        )
      }
      const wiped = await session.event('secure.wiped')
      t.ok(wiped.atMs - submitting.atMs < 3000, `${(wiped.atMs - submitting.atMs).toFixed(0)} ms, limit 2 s + 1 s`)
      await checkCameBack(t, talking, session, reason)
      t.equal(validation.requests.length, before + 1, 'nothing is sent twice')
    })
  }

  await t.test('the validation service: not there', async (t) => {
    await switchboard.lead(undefined)
    const session = await talking.secure()
    await session.enter(CANARY)
    await checkCameBack(t, talking, session, 'validation-unreachable')
  })

  await t.test('the validation service: a certificate of somebody else', async (t) => {
    const stranger = await startValidationPeer()
    t.teardown(() => stranger.close())
    await switchboard.lead(stranger.port)
    const session = await talking.secure()
    await session.enter(CANARY)
    await checkCameBack(t, talking, session, 'validation-untrusted')
    t.equal(stranger.requests.length, 0, 'it got nothing')
  })

  t.equal(talking.caller.signalling.reoffers, 0, 'no re-INVITE to the caller in all these sessions')
  await talking.caller.signalling.hangUp()
  const over = await talking.over()
  t.equal(over['ending'], 'caller-hung-up')
  t.equal(over['secureSessions'], 10)
  await checkClean(t, sotto, CANARY, WRONG_CARD)
})

t.test('somebody hangs up while the caller keys', async (t) => {
  const { sotto, validation } = await stage(t, [])
  let talking = await talk(t, sotto)
  const begun = async (): Promise<Session> => {
    const session = await talking.secure()
    await session.asked(0)
    await talking.key(CANARY.slice(0, 8))
    await session.event('secure.progress', 2000, ({ keys }) => keys === 8)
    return session
  }
  for (const side of ['caller', 'agent'] as const) {
    const other = side === 'caller' ? 'agent' : 'caller'
    await t.test(`the ${side} does`, async (t) => {
      const session = await begun()
      const from = sotto.events.length
      const hungUpMs = performance.now()
      await talking[side].signalling.hangUp()
      const ended = await session.event('secure.ended')
      t.strictSame(ended['outcome'], { result: 'failed', reason: `${side}-hung-up` })
      t.equal(ended['resultString'], `${session.sessionId}|failed|${side}-hung-up \n`)
      t.equal(ended['rejoined'], 'no')
      const over = await talking.over()
      t.equal(over['ending'], `${side}-hung-up`)
      t.ok(sotto.whenMs(over) - hungUpMs < 2000, `the ${other} is released within 2 s`)
      await checkParted(t, talking, session)
      talking = await dial(sotto, talking.caller, talking.agent, '100', from)
      await hearEachOther(t, talking, 'in the next call, caller and agent')
    })
  }
  for (const side of ['caller', 'agent'] as const) {
    await t.test(`the ${side} does, while the service is asked: nobody says that nothing was done`, async (t) => {
      validation.behave('hang')
      const before = validation.requests.length
      const session = await talking.secure()
      await session.enter(CANARY)
      await until(() => validation.requests.length > before, 'the request', 10_000)
      const from = sotto.events.length
      await talking[side].signalling.hangUp()
      const ended = await session.event('secure.ended')
      t.strictSame(ended['outcome'], { result: 'failed', reason: 'validation-timed-out' })
      t.equal((await talking.over())['ending'], `${side}-hung-up`)
      await sotto.logged(new RegExp(`"callId":"${talking.callId}".*"fault":"validation.timed-out"`))
      const path = `${sessionsOf(talking)}/${session.sessionId}/audit`
      const audited = async () => JSON.stringify((await sotto.server.request('GET', path)).body)
      while (!(await audited()).includes('"kind":"closed"')) await pause(100)
      t.match(await audited(), /"outcome":\{[^}]*"validation-timed-out"/, 'as in the record')
      talking = await dial(sotto, talking.caller, talking.agent, '100', from)
      validation.behave('accept')
    })
  }
  await t.test('and in the next call a session works, every prompt said in full', async (t) => {
    const session = await talking.secure()
    await session.enter(CANARY, 'in-band')
    const ended = await session.event('secure.ended', 30_000)
    t.match(ended['outcome'], { result: 'accepted' })
    t.equal(validation.requests.length, 3)
    await checkTold(t, talking, session)
    await hearEachOther(t, talking)
    await checkParted(t, talking, session)
  })
  await checkClean(t, sotto)
})
