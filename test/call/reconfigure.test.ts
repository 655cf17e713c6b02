/** What begins does so by the configuration that counts then; what has begun keeps what it began with. */

import t from 'tap'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { CONFIG_TEXT, callBench, configOf, settle } from '../peers/call-bench.ts'
import { phoneMedia } from '../peers/phone-media.ts'

const OFFER = makeOffer(phoneMedia(4000))

t.test('a route, a feature code and the terms of a session', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  const text = `${CONFIG_TEXT.replace("number: '100', to: { phone: agent }", "number: '101', to: { phone: agent }")}
secureInput: { featureCode: '*99', sessionSeconds: 77, attempts: 2 }
`
  bench.calls.reconfigure(configOf(text))
  t.match(bench.calls.get(call.callId), { state: 'bridged' }, 'a call that stands goes on')
  const old = bench.incoming({ to: '100', offer: OFFER })
  await settle()
  t.equal(old.rejected?.status, 404, 'the route is another one')

  await bench.calls.startSecureSession(call.callId, { startedBy: { by: 'token' } })
  await settle()
  t.match(bench.vault.last.begin.plan, { sessionMs: 77_000 }, 'a session begins by the new terms')
  t.equal(bench.vault.last.begin.plan.fields[0]?.attempts, 2)
  bench.calls.reconfigure(configOf(`${CONFIG_TEXT}\nsecureInput: { enabled: false }\n`))
  t.match(bench.calls.get(call.callId), { state: 'secure' }, 'a session that runs goes on')
  t.match(bench.calls.whyNot(call.callId, { startedBy: { by: 'token' } }), [
    'secure.disabled',
    'secure.session-in-progress',
  ])
})
