/**
 * SIP over TLS with a phone that this project did not write: baresip registers and calls over TLS and keys its card number, with SRTP on both legs;
 * certificates change meanwhile. And what stays of a number in the memory of control that came by INFO over TLS.
 */

import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import t, { type Test } from 'tap'
import { pause, until } from '../../src/demo/waiting.ts'
import { searchMemory } from '../../src/leak/memory-search.ts'
import { digitsOf, needlesOf } from '../../src/leak/needles.ts'
import { makeAuthority } from '../peers/authority.ts'
import { type Baresip, startBaresip } from '../peers/baresip.ts'
import { CANARY, type Sotto, startSotto, writeIdentity } from '../peers/sotto.ts'
import { AGENT_HUM_HZ, CALLER_HUM_HZ, checkClean, nextYearsEnd } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

/** A key of baresip's lasts a quarter of a second. */
const KEY_MS = 300
/** A published test card, told whole by INFO outside of any call. */
const INFO_CARD = '5200828282828210'

const authority = makeAuthority()
t.teardown(() => authority.close())

/** @param asksClients the listener lets in who shows a certificate. */
async function stage(t: Test, asksClients = false) {
  const folder = t.testdir({ 'clients.pem': authority.certificate })
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    trunk: 'srtp: required',
    secureInput: ['srtp: required'],
    sip: ['digestAlgorithms: [MD5]'],
    tls: authority.issue(['DNS:localhost', 'IP:127.0.0.1']),
    ...(asksClients ? { tlsListener: `clientCertificates: required, caFile: "${folder}/clients.pem"` } : {}),
  })
  writeFileSync(join(sotto.folder, 'phones-authority.pem'), authority.certificate)
  return { validation, sotto }
}

/** Registers a phone over TLS. */
async function phone(
  t: Test,
  sotto: Sotto,
  name: 'agent' | 'agent-2',
  more: string,
  identity?: string,
): Promise<Baresip> {
  const password = name === 'agent' ? 'agent-password-1' : 'agent-password-2'
  const at = `127.0.0.1:${sotto.tlsPort};transport=tls`
  const baresip = await startBaresip({
    folder: join(sotto.folder, name),
    account: `<sip:${name}@${at}>;auth_pass=${password};regint=60;answermode=auto;audio_codecs=PCMA${more}`,
    ...(identity === undefined ? {} : { identityFile: identity }),
    authorityFile: join(sotto.folder, 'phones-authority.pem'),
    humHz: name === 'agent' ? AGENT_HUM_HZ : CALLER_HUM_HZ,
    record: false,
    modules: ['srtp'],
  })
  t.teardown(() => baresip.stop())
  return baresip
}

/** Whose certificate the listener shows just now. */
async function shown(sotto: Sotto): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port: sotto.tlsPort, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { subjectaltname } = socket.getPeerCertificate()
  socket.destroy()
  return subjectaltname
}

t.test('a call over TLS and SRTP on both legs, and a session in it, while the certificate changes', async (t) => {
  const { sotto, validation } = await stage(t)
  const agent = await phone(t, sotto, 'agent', ';mediaenc=srtp')
  const caller = await phone(t, sotto, 'agent-2', ';mediaenc=srtp-mand')
  for (const each of [agent, caller]) await each.printed(/registered successfully|200 OK/i, 10_000)
  await caller.command('dial', `sip:agent@127.0.0.1:${sotto.tlsPort};transport=tls`)
  const { callId } = await sotto.event(({ type }) => type === 'call.bridged', 'bridged')
  const own = (type: string, field?: number) =>
    sotto.event(
      (event) => event.type === type && event['callId'] === callId && (field === undefined || event['field'] === field),
      type,
      30_000,
    )

  writeIdentity(sotto.folder, authority.issue(['DNS:renewed.example.com']))
  sotto.server.signal('SIGHUP')
  await sotto.logged(/sip\.certificates-loaded/)
  t.equal(await shown(sotto), 'DNS:renewed.example.com')
  writeFileSync(join(sotto.folder, 'sip.key'), 'half written')
  sotto.server.signal('SIGHUP')
  await sotto.logged(/control\.reload-refused/)
  t.equal(await shown(sotto), 'DNS:renewed.example.com', 'files that cannot be used leave the old ones in place')

  t.equal((await sotto.startSecureSession(String(callId))).status, 202)
  for (const [field, keys] of [CANARY, nextYearsEnd(), '123'].entries()) {
    await own('secure.asking', field)
    for (const key of `${keys}#`) await Promise.all([caller.command('sndcode', key), pause(KEY_MS)])
  }
  await own('secure.rejoined')
  t.match((await own('secure.ended'))['outcome'], { result: 'accepted' })
  t.equal(validation.requests.length, 1)
  t.match(validation.requests[0]?.body.toString('latin1'), `value="${CANARY}"`, 'the right digits')
  t.notMatch(sotto.log(), /inline:|a=crypto|PRIVATE KEY/, 'no key in the log')
  await caller.command('hangup')
  await own('call.ended')
  await pause(1000)
  await checkClean(t, sotto)
})

t.test('a card number by INFO over TLS is nowhere in control a second later', async (t) => {
  const { sotto } = await stage(t)
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const versions = { minVersion: version, maxVersion: version }
    const socket = connect({ host: '127.0.0.1', port: sotto.tlsPort, rejectUnauthorized: false, ...versions })
    let got = ''
    socket.on('data', (chunk) => (got += chunk))
    await once(socket, 'secureConnect')
    for (const before of [0, 500, 5000, 30_000]) {
      got = ''
      socket.write(infoOf(INFO_CARD, before))
      await until(() => /^SIP\/2\.0 481/.test(got), 'its answer', 5000)
      await pause(1000)
      const found = searchMemory(sotto.processes().control, needlesOf(digitsOf(INFO_CARD))).finds
      t.strictSame(found, [], `${version}, behind ${before} octets`)
    }
    socket.destroy()
  }
  t.equal(await blanked(sotto), 8, 'each was cut out')
  await checkClean(t, sotto, INFO_CARD)
})

t.test('where client certificates are required, a phone without one does not get in', async (t) => {
  const { sotto } = await stage(t, true)
  const registered = () => sotto.log().match(/"sip\.registered"/g)?.length ?? 0
  const bare = await phone(t, sotto, 'agent', ';mediaenc=srtp')
  await sotto.logged(/"fault":"sip\.no-client-certificate","event":"sip\.handshake-failed"/)
  t.equal(registered(), 0)
  await bare.stop()
  const { certificate, key } = authority.issue(['URI:sip:agent@127.0.0.1'])
  writeFileSync(join(sotto.folder, 'phone.pem'), `${certificate}${key}`)
  await phone(t, sotto, 'agent', ';mediaenc=srtp', join(sotto.folder, 'phone.pem'))
  await until(() => registered() === 1, 'it registers', 10_000)
})

/** How many bodies of INFO were cut out. */
async function blanked({ server }: Sotto): Promise<number> {
  const response = await fetch(`${server.base}/metrics`, { headers: { authorization: `Bearer ${server.token}` } })
  return Number(/^sotto_sip_total\{what="info-blanked"\} (\d+)$/m.exec(await response.text())?.[1] ?? 0)
}

let cseq = 0

function infoOf(digits: string, before: number): string {
  const body = `Signal=${digits}\r\nDuration=160\r\n`
  cseq += 1
  return [
    'INFO sip:100@127.0.0.1 SIP/2.0',
    `Via: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bK-info-${cseq}`,
    'Max-Forwards: 70',
    'From: <sip:somebody@127.0.0.1>;tag=own',
    'To: <sip:100@127.0.0.1>;tag=far',
    `Call-ID: info-${cseq}`,
    `CSeq: ${cseq} INFO`,
    `Subject: ${'x'.repeat(before % 8000)}`,
    'Content-Type: application/dtmf-relay',
    `Content-Length: ${before + body.length}`,
    '',
    `${'x'.repeat(before)}${body}`,
  ].join('\r\n')
}
