/**
 * A validation service that was written from the source's two XML examples and nothing else, behind a whole server: one accepted session, and what
 * the desk reads of it. And a session whose service has the wrong certificate: the desk hears little, the log says what to do.
 */

import t from 'tap'
import { startPureConnectService } from '../peers/pure-connect-service.ts'
import { CANARY, startSotto } from '../peers/sotto.ts'
import { openSwitchboard } from '../peers/switchboard.ts'
import { checkClean, hearEachOther, nextYearsEnd, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

t.test('one accepted session, then one whose service shows an expired certificate', async (t) => {
  const service = await startPureConnectService()
  const expired = await startValidationPeer({ certificate: 'expired' })
  const switchboard = await openSwitchboard(service.port)
  t.teardown(() => Promise.all([service.close(), expired.close(), switchboard.close()]))
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${switchboard.port}/validate.asp`,
    caText: `${service.authority}\n${expired.authority}`,
  })
  const talking = await talk(t, sotto)
  const expiry = nextYearsEnd()

  const session = await talking.secure([
    { name: 'customer account', value: '343453422' },
    { name: 'charge amount', value: '14.55' },
  ])
  await session.enter(CANARY)
  const ended = await session.event('secure.ended', 30_000)
  t.match(ended['outcome'], { result: 'accepted', details: 'That number was good', lastFour: CANARY.slice(-4) })
  t.equal(ended['resultString'], `${session.sessionId}|accepted|That number was good \n`)
  t.equal(service.requests.length, 1, 'it was asked once')
  t.same(Object.fromEntries(service.requests[0] ?? []), {
    'customer account': '343453422',
    'charge amount': '14.55',
    'credit card': CANARY,
    'expiry date': expiry,
    'security code': '123',
  })
  await hearEachOther(t, talking)

  await switchboard.lead(expired.port)
  const second = await talking.secure()
  await second.enter(CANARY)
  const failed = await second.event('secure.ended', 30_000)
  t.same(failed['outcome'], { result: 'failed', reason: 'validation-untrusted' })
  await sotto.logged(/"fault":"validation\.expired"/)
  await hearEachOther(t, talking)
  t.equal(expired.requests.length, 0, 'nothing was sent there')
  await checkClean(t, sotto)
})
