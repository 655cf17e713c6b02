/**
 * Every flow that comes with Sotto, through the real processes: a caller keys what it asks for, the validation service gets exactly the body
 * that belongs to it, the agent orders a field again or tries a session again, and what was keyed is nowhere afterwards.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { CANARY, type Sotto, startSotto } from '../peers/sotto.ts'
import {
  checkClean,
  checkParted,
  checkTold,
  hearEachOther,
  nextYearsEnd,
  type Session,
  type Talk,
  talk,
} from '../peers/talk.ts'
import { startValidationPeer, type ValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

/** Passes the check of the ABA; the account number's digits do not repeat, so that its parts do not turn up in memory by chance. */
const ROUTING = '011401533'
const ACCOUNT = '7263950184'
const FORM = [{ name: 'customer account', value: '343453422' }]

/** The body of the source, with these items. */
function bodyOf(...items: readonly (readonly [name: string, value: string])[]): string {
  const lines = items.map(([name, value]) => `<param name="${name}" value="${value}" />`)
  return [`<?xml version="1.0" encoding='UTF-8' ?>`, '<params>', ...lines, '</params>', ''].join('\n')
}

/** The question for a field that comes after `from` events. */
function askedAfter(sotto: Sotto, { sessionId }: Session, field: number, from: number) {
  return sotto.event(
    (event) => event.type === 'secure.asking' && event['sessionId'] === sessionId && event['field'] === field,
    `field ${field} asked anew`,
    15_000,
    from,
  )
}

async function checkEnded(t: Test, talking: Talk, session: Session, outcome: object): Promise<void> {
  const ended = await session.event('secure.ended', 30_000)
  t.match(ended['outcome'], outcome)
  await checkTold(t, talking, session)
  await hearEachOther(t, talking)
  await checkParted(t, talking, session)
}

function checkBodies(t: Test, validation: ValidationPeer, from: number, ...bodies: readonly string[]): void {
  const seen = validation.requests.slice(from).map(({ body }) => body)
  t.equal(seen.length, bodies.length, `${bodies.length} requests`)
  for (const [at, body] of bodies.entries())
    t.equal(seen[at]?.equals(Buffer.from(body)), true, 'the body, octet by octet')
}

t.test('one call with a session of each flow', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/check`,
    caText: validation.authority,
    secureInput: ['flowsFolder: own'],
  })
  const talking = await talk(t, sotto)
  const { callId, key } = talking
  const view = async (session: Session) => {
    const path = `/api/v1/calls/${callId}/secure-sessions/${session.sessionId}`
    return (await sotto.server.request('GET', path)).body as Record<string, unknown>
  }
  const order = (session: Session, body: object) =>
    sotto.server.request('POST', `/api/v1/calls/${callId}/secure-sessions/${session.sessionId}/orders`, body)
  const expiry = nextYearsEnd()
  let declined: Session | undefined

  await t.test('card payment, which is the default: declined, and tried again with the same form', async (t) => {
    validation.behave('decline')
    const from = validation.requests.length
    declined = await talking.secure(FORM)
    t.match(await view(declined), { flow: { id: 'card-payment', version: 1 } })
    await declined.enter(CANARY)
    await checkEnded(t, talking, declined, { result: 'declined', details: 'Not this one' })
    validation.behave('accept')
    const again = await talking.secure(undefined, { retryOf: declined.sessionId })
    await again.enter(CANARY)
    await checkEnded(t, talking, again, { result: 'accepted', brand: 'discover', lastFour: '9424' })
    const body = bodyOf(
      ['customer account', '343453422'],
      ['credit card', CANARY],
      ['expiry date', expiry],
      ['security code', '123'],
    )
    checkBodies(t, validation, from, body, body)
  })

  await t.test('card payment with help: declined, and the agent has the security code keyed again', async (t) => {
    validation.behave('decline')
    const from = validation.requests.length
    const session = await talking.secure(FORM, { flow: 'card-payment-assisted' })
    await session.enter(CANARY)
    await session.event('secure.waiting-for-agent', 20_000)
    const waiting = await view(session)
    t.match(waiting, { stage: 'waiting-for-agent', submissions: 1, verdicts: [{ result: 'declined' }] })
    t.ok(Number(waiting['orderLeftMs']) > 0)
    t.match(await order(session, { order: 'again', fields: ['postal code'] }), { status: 422 })
    validation.behave('accept')
    const ordered = sotto.events.length
    t.equal((await order(session, { order: 'again', fields: ['security code'] })).status, 202)
    await askedAfter(sotto, session, 2, ordered)
    await key('456#')
    await checkEnded(t, talking, session, { result: 'accepted', lastFour: '9424' })
    t.match(await order(session, { order: 'again-all' }), { status: 409, body: { code: 'secure.session-over' } })
    const items = (code: string) =>
      bodyOf(
        ['customer account', '343453422'],
        ['credit card', CANARY],
        ['expiry date', expiry],
        ['security code', code],
      )
    checkBodies(t, validation, from, items('123'), items('456'))
    const keys = validation.requests.slice(from).map(({ head }) => /^Idempotency-Key: (.+)$/im.exec(head)?.[1]?.trim())
    t.same(keys, [session.sessionId, `${session.sessionId}-2`], 'each submission has a key of its own')
  })

  await t.test('card on file: no security code', async (t) => {
    const from = validation.requests.length
    const session = await talking.secure(undefined, { flow: 'card-on-file@1' })
    await session.asked(0)
    await key(`${CANARY}#`)
    await session.asked(1)
    await key(`${expiry}#`)
    await checkEnded(t, talking, session, { result: 'accepted', brand: 'discover', lastFour: '9424' })
    checkBodies(t, validation, from, bodyOf(['credit card', CANARY], ['expiry date', expiry]))
  })

  await t.test('bank account: the account number twice, alike', async (t) => {
    const from = validation.requests.length
    const session = await talking.secure(undefined, { flow: 'bank-account' })
    await session.asked(0)
    await key(`${ROUTING}#`)
    await session.asked(1)
    await key(`${ACCOUNT}#7263950185#`)
    await session.event('secure.refused', 10_000, ({ why }) => why === 'input-matching-failed')
    await session.asked(1, 2)
    await key(`${ACCOUNT}#${ACCOUNT}#`)
    await checkEnded(t, talking, session, { result: 'accepted', lastFour: '0184' })
    checkBodies(t, validation, from, bodyOf(['routing number', ROUTING], ['account number', ACCOUNT]))
  })

  await t.test('PIN check: a wrong one may be keyed again', async (t) => {
    validation.behave('decline')
    const from = validation.requests.length
    const session = await talking.secure(undefined, { flow: 'pin-check' })
    await session.asked(0)
    await key('4927#')
    const answered = await session.event('secure.answered', 20_000)
    t.match(answered['outcome'], { result: 'declined' })
    validation.behave('accept')
    await askedAfter(sotto, session, 0, sotto.events.indexOf(answered))
    await key('4928#')
    await checkEnded(t, talking, session, { result: 'accepted', details: 'That number was good' })
    checkBodies(t, validation, from, bodyOf(['pin', '4927']), bodyOf(['pin', '4928']))
    const progress = session.events().flatMap(({ type, keys }) => (type === 'secure.progress' ? [Number(keys)] : []))
    t.strictSame(
      progress,
      [1, 1],
      'of each entry that something was keyed, once: not how long a PIN is, nor its rhythm',
    )
  })

  await t.test('one-time code: the caller wants back to the agent', async (t) => {
    const from = validation.requests.length
    const session = await talking.secure(undefined, { flow: 'one-time-code' })
    await session.asked(0)
    await key('*')
    await checkEnded(t, talking, session, { result: 'failed', reason: 'escaped' })
    const ended = await session.event('secure.ended')
    t.equal(ended['resultString'], `${session.sessionId}|failed|escaped \n`)
    checkBodies(t, validation, from)
  })

  await t.test('one-time code, keyed', async (t) => {
    const from = validation.requests.length
    const session = await talking.secure(undefined, { flow: 'one-time-code' })
    await session.asked(0)
    await key('705316')
    await checkEnded(t, talking, session, { result: 'accepted' })
    checkBodies(t, validation, from, bodyOf(['one-time code', '705316']))
  })

  await t.test('a flow of the administrator, published and retired while the server runs', async (t) => {
    const own = join(sotto.folder, 'own')
    mkdirSync(own, { recursive: true })
    const start = () => sotto.startSecureSession(callId, undefined, { flow: 'ours' })
    t.match(await start(), { status: 409, body: { code: 'secure.unknown-flow' } })
    writeFileSync(
      join(own, 'ours.yaml'),
      'id: ours\ntitle: Ours\nfields: { member: digits }\nsteps: [{ collect: member }, validate]\n',
    )
    t.match(await start(), { status: 409, body: { code: 'secure.no-flow-version' } })
    t.match(await sotto.server.request('POST', '/api/v1/flows/ours/publish'), { status: 201 })
    const from = validation.requests.length
    const session = await talking.secure(undefined, { flow: 'ours' })
    await session.asked(0)
    t.match(await sotto.server.request('POST', '/api/v1/flows/ours/versions/1/retire'), { status: 204 })
    await key('314#')
    await checkEnded(t, talking, session, { result: 'accepted' })
    checkBodies(t, validation, from, bodyOf(['member', '314']))
    t.match(await start(), { status: 409, body: { code: 'secure.no-flow-version' } })
  })

  await talking.caller.signalling.hangUp()
  t.equal((await talking.over())['secureSessions'], 9)
  const retry = await sotto.startSecureSession(callId, undefined, { retryOf: declined?.sessionId ?? '' })
  t.match(retry, { status: 404 }, 'with the call the form is gone')
  await checkClean(t, sotto, CANARY, ACCOUNT)
})
