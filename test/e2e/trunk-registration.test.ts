/**
 * A carrier that is known by its name and takes whoever has signed in: Kamailio, behind a name server whose first address is dead. Sotto registers
 * there, is called by that registration, calls out over the second of two targets, notices that the carrier is gone and back, and signs out.
 */

import { join } from 'node:path'
import t, { type Test } from 'tap'
import { until } from '../../src/demo/waiting.ts'
import { startDnsServer } from '../peers/dns-server.ts'
import { freePort } from '../peers/free-port.ts'
import { startCarrier } from '../peers/kamailio-registrar.ts'
import { startSotto } from '../peers/sotto.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

const ACCOUNT = '4930100'
const PASSWORD = 'trunk-password'
/** Nobody's as far as Sotto knows. */
const FAR_ADDRESS = '127.0.0.9'
const GRANTED_SECONDS = 3
/** Whom the carrier can reach. */
const FAR_NUMBER = '+4940123'

t.setTimeout(300_000)

type View = {
  readonly trunks: readonly { readonly registration?: { readonly state: string; readonly address?: string } }[]
  readonly targets: readonly { readonly uri: string; readonly state: string }[]
}

async function stage(t: Test) {
  const validation = await startValidationPeer()
  const [carrierPort, deadPort] = [await freePort(), await freePort()]
  const dns = await startDnsServer({
    SRV: {
      '_sip._udp.carrier.example': [
        [10, 0, deadPort, 'dead.carrier.example'],
        [20, 0, carrierPort, 'live.carrier.example'],
      ],
    },
    A: { 'dead.carrier.example': ['127.0.0.1'], 'live.carrier.example': ['127.0.0.1'] },
  })
  t.teardown(() => Promise.all([validation.close(), dns.close()]))
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    sip: [
      'digestAlgorithms: [MD5]',
      'failOver: { patienceSeconds: 1, setAsideSeconds: 600 }',
      'ping: { seconds: 1, failures: 2 }',
      `dns: { servers: ["127.0.0.1:${dns.port}"] }`,
    ],
    trunk: [
      'registration: { uri: "sip:carrier.example", expiresSeconds: 60, retrySeconds: 1 }',
      `credentials: { user: "${ACCOUNT}", password: ${PASSWORD} }`,
      `outbound: { uri: "sip:127.0.0.1:${deadPort}", moreTargets: [{ uri: "sip:carrier.example", priority: 1 }] }`,
      'allowDestinations: ["+49*"]',
    ].join(', '),
    routes: [
      `{ from: carrier, number: "${ACCOUNT}", to: { phone: agent } }`,
      '{ from: phones, number: "+49*", to: { trunk: carrier } }',
    ],
  })
  const far = await sotto.caller({
    user: FAR_NUMBER,
    address: FAR_ADDRESS,
    server: { address: '127.0.0.1', port: carrierPort },
  })
  const open = () =>
    startCarrier({
      folder: join(sotto.folder, 'kamailio'),
      port: carrierPort,
      account: ACCOUNT,
      password: PASSWORD,
      grantedSeconds: GRANTED_SECONDS,
      calleeUri: `sip:${FAR_ADDRESS}:${far.signalling.port}`,
    })
  return { sotto, far, open, carrierPort, deadPort }
}

t.test('a carrier that is registered at', async (t) => {
  const { sotto, far, open, carrierPort, deadPort } = await stage(t)
  const next = (type: string, what: string, limitMs = 20_000) =>
    sotto.event((event) => event.type === type, what, limitMs, sotto.events.length)
  const view = async () => (await sotto.server.request('GET', '/api/v1/trunks')).body as View

  const registering = next('trunk.registered', 'the first registration')
  let carrier = await open()
  t.teardown(() => carrier.stop())
  t.match(await registering, { trunk: 'carrier', seconds: GRANTED_SECONDS }, 'what the registrar grants counts')
  t.match((await view()).trunks, [
    { name: 'carrier', registration: { state: 'registered', address: `127.0.0.1:${carrierPort}`, failures: 0 } },
  ])

  const agent = await sotto.agent()
  await far.call(ACCOUNT)
  const arrived = await sotto.event(({ type }) => type === 'call.arrived', 'the call by the registration')
  t.match(arrived, { origin: 'trunk', to: ACCOUNT })
  await sotto.event(({ type }) => type === 'call.bridged', 'it is bridged')
  await until(() => agent.sound.heard.length > 20 && far.sound.heard.length > 20, 'both hear the other')
  const ended = next('call.ended', 'the first call ends')
  await far.signalling.hangUp()
  t.match(await ended, { callId: arrived['callId'], ending: 'caller-hung-up' })

  await sotto.event(({ type }) => type === 'trunk.target-down', 'the dead target is down', 20_000)
  t.match((await view()).targets, [
    { trunk: 'carrier', uri: `sip:127.0.0.1:${deadPort}`, state: 'down' },
    { trunk: 'carrier', uri: 'sip:carrier.example', state: 'up' },
  ])
  const bridged = next('call.bridged', 'the call out is bridged')
  await agent.call(FAR_NUMBER)
  await bridged
  t.ok(far.signalling.inCall, 'the carrier asked for the password, got it, and passed the call on')
  const endedOut = next('call.ended', 'the call out ends')
  await agent.signalling.hangUp()
  await endedOut

  const metrics = await fetch(`${sotto.server.base}/metrics`, {
    headers: { authorization: `Bearer ${sotto.server.token}` },
  })
  const page = await metrics.text()
  t.match(page, 'sotto_trunk_registered{trunk="carrier"} 1')
  t.match(page, `sotto_target_up{trunk="carrier",target="sip:127.0.0.1:${deadPort}"} 0`)
  t.match(page, 'sotto_target_up{trunk="carrier",target="sip:carrier.example"} 1')

  const lost = next('trunk.registration-lost', 'it is noticed that the carrier is gone')
  await carrier.stop()
  await lost
  t.not((await view()).trunks[0]?.registration?.state, 'registered')
  const found = next('trunk.registered', 'and that it is back')
  carrier = await open()
  await found
  sotto.server.signal('SIGTERM')
  await sotto.server.exited
  await t.rejects(far.call(ACCOUNT), { message: 'call refused: 404' }, 'nobody is registered any more')
  t.notMatch(sotto.log(), PASSWORD)
})
