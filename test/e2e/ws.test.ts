/**
 * SIP over WebSocket through the whole server: a phone in the place of a page, on sip.js, is the agent of a caller on the trunk; its sound is real, a secure
 * session runs, the certificate changes meanwhile. And a number that came by INFO in frames is nowhere.
 */

import { once } from 'node:events'
import { request } from 'node:https'
import t, { type Test } from 'tap'
import { pause, until } from '../../src/demo/waiting.ts'
import { searchMemory } from '../../src/leak/memory-search.ts'
import { digitsOf, needlesOf } from '../../src/leak/needles.ts'
import { makeAuthority } from '../peers/authority.ts'
import { freePort } from '../peers/free-port.ts'
import { CANARY, type Sotto, startSotto, writeIdentity } from '../peers/sotto.ts'
import { checkClean, checkParted, checkTold, hearEachOther, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'
import { connectWs, wsPhoneWire } from '../peers/ws-wire.ts'

t.setTimeout(300_000)

const PAGE = 'https://desk.example.com'
/** A published test card, told whole by INFO outside of any call. */
const INFO_CARD = '5200828282828210'

const authority = makeAuthority()
t.teardown(() => authority.close())

async function stage(t: Test) {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const [wsPort, wssPort] = [await freePort(), await freePort()]
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    tls: authority.issue(['DNS:localhost', 'IP:127.0.0.1']),
    listeners: [
      `{ transport: ws, address: 127.0.0.1, port: ${wsPort} }`,
      `{ transport: wss, address: 127.0.0.1, port: ${wssPort}, certificateFile: sip.pem, keyFile: sip.key, origins: ["${PAGE}"] }`,
    ],
  })
  return {
    validation,
    sotto,
    wsPort,
    wssPort,
    page: { rejectUnauthorized: true, ca: authority.certificate, origin: PAGE },
  }
}

/** Whose certificate wss shows just now. */
async function shown(port: number): Promise<string | undefined> {
  const asking = request({ host: '127.0.0.1', port, rejectUnauthorized: false, agent: false }).end()
  const [response] = await once(asking, 'response')
  const { subjectaltname } = response.socket.getPeerCertificate()
  response.destroy()
  return subjectaltname
}

/** What signalling counted under a name. */
async function counted({ server }: Sotto, what: string): Promise<number> {
  const response = await fetch(`${server.base}/metrics`, { headers: { authorization: `Bearer ${server.token}` } })
  return Number(new RegExp(`^sotto_sip_total\\{what="${what}"\\} (\\d+)$`, 'm').exec(await response.text())?.[1] ?? 0)
}

t.test('an agent on a page over wss, a session, another certificate, and a number by INFO in frames', async (t) => {
  const { sotto, validation, wsPort, wssPort, page } = await stage(t)
  const url = `wss://127.0.0.1:${wssPort}`
  await t.rejects(connectWs(url, { ...page, origin: 'https://evil.example' }), /403/)
  await sotto.logged(/"fault":"sip\.foreign-origin"/)
  t.equal(await counted(sotto, 'ws-foreign-origin'), 1)

  const talking = await talk(t, sotto, { agent: { openWire: wsPhoneWire(url, page) } })
  writeIdentity(sotto.folder, authority.issue(['DNS:renewed.example.com']))
  sotto.server.signal('SIGHUP')
  await sotto.logged(/sip\.certificates-loaded/)
  t.equal(await shown(wssPort), 'DNS:renewed.example.com')

  const session = await talking.secure()
  await session.enter(CANARY)
  t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
  t.match(validation.requests.at(-1)?.body.toString('latin1'), `value="${CANARY}"`, 'the right digits')
  await hearEachOther(t, talking)
  await checkParted(t, talking, session)
  await checkTold(t, talking, session)
  await talking.agent.signalling.hangUp()
  await talking.over()
  await checkInfo(t, sotto, wsPort, wssPort)
  await checkClean(t, sotto, CANARY, INFO_CARD)
})

/** A card number by INFO over ws and wss is nowhere in control a second later. */
async function checkInfo(t: Test, sotto: Sotto, wsPort: number, wssPort: number): Promise<void> {
  const before = await counted(sotto, 'info-blanked')
  for (const url of [`ws://127.0.0.1:${wsPort}`, `wss://127.0.0.1:${wssPort}`]) {
    // Nothing hides behind the mask.
    const socket = await connectWs(url, { generateMask: (mask) => mask.fill(0) })
    t.teardown(() => socket.terminate())
    let got = ''
    socket.on('message', (octets: Buffer) => (got += octets.toString('latin1')))
    // In three frames.
    const text = infoOf(INFO_CARD)
    for (const at of [0, 1, 2])
      socket.send(text.slice(at * 1500, at === 2 ? undefined : (at + 1) * 1500), { fin: at === 2 })
    await until(() => /^SIP\/2\.0 481/.test(got), 'its answer', 5000)
    await pause(1000)
    const found = searchMemory(sotto.processes().control, needlesOf(digitsOf(INFO_CARD))).finds
    t.strictSame(found, [], url.slice(0, 3))
  }
  t.equal(await counted(sotto, 'info-blanked'), before + 2, 'each was cut out')
}

let cseq = 0

function infoOf(digits: string): string {
  cseq += 1
  return [
    'INFO sip:100@127.0.0.1 SIP/2.0',
    `Via: SIP/2.0/WS 3f2a.invalid;branch=z9hG4bK-info-${cseq}`,
    'Max-Forwards: 70',
    'From: <sip:somebody@127.0.0.1>;tag=own',
    'To: <sip:100@127.0.0.1>;tag=far',
    `Call-ID: info-${cseq}`,
    `CSeq: ${cseq} INFO`,
    'Content-Type: application/dtmf-relay',
    '',
    `${'x'.repeat(3000)}Signal=${digits}\r\nDuration=160\r\n`,
  ].join('\r\n')
}
