/**
 * Debian's Kamailio on both sides of us, over real sockets: a carrier that is reached over TLS and has a Service-Route, and an edge before phones, which
 * puts a flow token into their Path. The phone behind it is baresip.
 */

import { Resolver } from 'node:dns/promises'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Secret } from '../../src/base/secret.ts'
import type { IncomingSession } from '../../src/sip/index.ts'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { makeAuthority } from '../peers/authority.ts'
import { startBaresip } from '../peers/baresip.ts'
import { startDnsServer } from '../peers/dns-server.ts'
import { freePort } from '../peers/free-port.ts'
import { startEdge } from '../peers/kamailio-edge.ts'
import { startTlsCarrier } from '../peers/kamailio-tls.ts'
import { phoneMedia } from '../peers/phone-media.ts'
import { type Notes, notes } from './endpoints.ts'
import { realEndpoint, until } from './real-endpoint.ts'
import { answerTo } from './registrant.ts'
import { termsOf } from './tls-peers.ts'

t.setTimeout(180_000)

const LIMIT_MS = 30_000
const ACCOUNT = '4930100'
const PASSWORD = 'trunk-password'
const DOMAIN = 'carrier.example'
const FROM = { displayName: '', uri: 'sip:4940@127.0.0.1', user: '4940' }

const authority = makeAuthority()
t.teardown(() => authority.close())

/** Answers each call. */
const answering = (told: Notes, sessions: IncomingSession[]) => (session: IncomingSession) => {
  sessions.push(session)
  session.attach(told)
  session.accept('answer')
}

/** @param name that stands in the carrier's certificate. */
async function carrierStage(t: Test, name: string) {
  const [port, tlsPort] = [await freePort(), await freePort()]
  const dns = await startDnsServer({ A: { [DOMAIN]: ['127.0.0.1'] } })
  const far = { told: notes(), sessions: [] as IncomingSession[] }
  const callee = await realEndpoint(answering(far.told, far.sessions))
  const carrier = await startTlsCarrier({
    folder: join(t.testdir(), 'kamailio'),
    port,
    tlsPort,
    domain: DOMAIN,
    identity: authority.issue([name]),
    account: ACCOUNT,
    password: PASSWORD,
    calleeUri: `sip:127.0.0.1:${callee.port}`,
  })
  const resolver = new Resolver()
  resolver.setServers([`127.0.0.1:${dns.port}`])
  const own = { told: notes(), sessions: [] as IncomingSession[] }
  const trunkNews: string[] = []
  const us = await realEndpoint(answering(own.told, own.sessions), {
    listeners: [{ transport: 'tls', address: '127.0.0.1', port: 0 }],
    tls: termsOf([authority.issue(['DNS:localhost'])], { authorities: authority.certificate }),
    resolver,
    trunks: [
      {
        name: 'carrier',
        addresses: [],
        registration: {
          registrar: `sip:${DOMAIN}`,
          proxies: [`sip:${DOMAIN}:${tlsPort};transport=tls`],
          user: ACCOUNT,
          credentials: { user: ACCOUNT, password: new Secret(PASSWORD) },
          expiresSeconds: 60,
          retrySeconds: 1,
        },
      },
    ],
    onTrunk: ({ type }) => trunkNews.push(type),
  })
  t.teardown(async () => {
    await us.sip.close()
    await callee.sip.close()
    await Promise.all([carrier.stop(), dns.close()])
  })
  return { us, own, callee, far, trunkNews, port, tlsPort }
}

t.test('a carrier over TLS: registered, called and calling over one connection', async (t) => {
  const { us, own, callee, far, trunkNews, port, tlsPort } = await carrierStage(t, `DNS:${DOMAIN}`)
  t.ok(await until(() => trunkNews.includes('trunk.registered'), LIMIT_MS), `registered: ${trunkNews}`)
  t.match(us.sip.trunks(), [
    { registration: { state: 'registered', transport: 'tls', address: `127.0.0.1:${tlsPort}` } },
  ])

  const caller = notes()
  callee.sip.invite({ target: { uri: `sip:${ACCOUNT}@127.0.0.1:${port}` }, from: FROM, events: caller, body: 'offer' })
  t.ok(await until(() => own.told.told.includes('confirmed undefined'), LIMIT_MS), `${caller.told}`)
  const [incoming] = own.sessions
  t.match(incoming, { origin: { kind: 'trunk', trunk: 'carrier', registeredAs: ACCOUNT } })
  t.match(incoming?.peer, { transport: 'tls', port: tlsPort }, 'over the connection that we opened')
  incoming?.end()
  t.ok(await until(() => caller.told.includes('ended far-end'), LIMIT_MS))

  const called = notes()
  const target = { uri: `sip:+4940123@${DOMAIN}`, trunk: 'carrier' }
  const session = us.sip.invite({ target, from: FROM, events: called, body: 'offer' })
  t.ok(await until(() => called.told.includes('answered answer'), LIMIT_MS), `by its Service-Route: ${called.told}`)
  t.equal(far.sessions[0]?.target.user, '+4940123')
  t.match(session.peer, { transport: 'tls', port: tlsPort })
  session.end()
  t.ok(await until(() => far.told.told.includes('ended far-end'), LIMIT_MS), 'and its BYE passes the same way')
  t.strictSame([...us.defects, ...callee.defects], [])
})

t.test('a carrier that shows the certificate of somebody else gets no password of ours (RFC 5922)', async (t) => {
  const { us, trunkNews } = await carrierStage(t, 'DNS:other.example')
  t.ok(await until(() => trunkNews.length > 0, LIMIT_MS))
  t.strictSame([...new Set(trunkNews)], ['trunk.registration-failed'])
  t.match(us.sip.trunks(), [{ registration: { fault: 'sip.registrar-unreachable' } }])
  t.notOk(us.sip.trunks()[0]?.registration?.lastStatus, 'nothing was asked of it')
})

t.test('a phone behind an edge is called by its Path, over the connection that it keeps', async (t) => {
  const realm = { realm: 'sotto', nonceKey: Buffer.alloc(32, 7), algorithms: ['MD5'] as const }
  const account = { password: new Secret('right') }
  const server = await realEndpoint(() => undefined, {
    trunks: [],
    phones: { ...realm, accountOf: (user) => (user === 'alice' ? account : undefined) },
  })
  const port = await freePort()
  const edge = await startEdge({
    folder: join(t.testdir(), 'edge'),
    port,
    registrar: `127.0.0.1:${server.port}`,
  })
  // baresip cuts long paths off.
  const folder = mkdtempSync(join(tmpdir(), 'sotto-edge-'))
  const phone = await startBaresip({
    folder,
    account: `<sip:alice@127.0.0.1:${server.port};transport=tcp>;auth_pass=right;regint=60;answermode=auto;sipnat=outbound;outbound="sip:127.0.0.1:${port};transport=tcp"`,
    humHz: 2450,
    record: false,
    modules: ['uuid'],
  })
  t.teardown(async () => {
    await phone.stop()
    await Promise.all([server.sip.close(), edge.stop()])
    rmSync(folder, { recursive: true, force: true })
  })
  t.ok(await until(() => server.registrations.length > 0, LIMIT_MS), phone.log())
  const [target] = server.sip.contacts('alice')
  if (target === undefined) throw new Error('nobody is registered')
  t.match(target.route, [new RegExp(`^<sip:[^@]+@127\\.0\\.0\\.1:${port};lr;ob>$`)], 'a flow token of the edge')

  const call = (told: Notes) =>
    server.sip.invite({
      target,
      from: FROM,
      events: told,
      body: makeOffer({ ...phoneMedia(40_000), address: '127.0.0.1' }),
    })
  const told = notes()
  const session = call(told)
  const isAnswered = () => told.told.some((each) => each.startsWith('answered'))
  t.ok(await until(isAnswered, LIMIT_MS), `${told.told}`)
  session.end()
  t.ok(await until(() => server.sip.sessionCount === 0, LIMIT_MS))

  await phone.stop()
  // As long as the edge has not seen that its connection is gone it sends into it, and waits in vain (408).
  let lost = notes()
  for (let tries = 0; tries < 3 && !lost.told.includes('refused 480'); tries++) {
    lost = notes()
    call(lost)
    t.ok(await until(() => lost.told.length > 0, LIMIT_MS))
  }
  t.strictSame(lost.told, ['refused 480'], 'the edge says that the flow is broken (430)')
  t.strictSame(server.sip.contacts('alice'), [], 'and the contact is gone')
  t.strictSame(server.defects, [])
})

t.test('who guesses passwords behind an edge is locked out, and the phones behind it are not', async (t) => {
  const account = { password: new Secret('right') }
  const said: string[] = []
  const server = await realEndpoint(() => undefined, {
    trunks: [],
    phones: {
      realm: 'sotto',
      nonceKey: Buffer.alloc(32, 7),
      accountOf: (user) => (user === 'alice' ? account : undefined),
      proxies: ['127.0.0.1'],
    },
    log: ({ event, address }) => said.push(`${event} ${address}`),
  })
  const port = await freePort()
  const edge = await startEdge({ folder: join(t.testdir(), 'edge'), port, registrar: `127.0.0.1:${server.port}` })
  t.teardown(() => Promise.all([server.sip.close(), edge.stop()]))
  const [guesser, phone] = [client(t, '127.0.0.66', port), client(t, '127.0.0.7', port)]
  for (let guesses = 0; guesses < 10; guesses++) t.equal(await guesser('alice', 'wrong'), '401')
  t.equal(await guesser('alice', 'right'), '403')
  t.equal(await phone('alice', 'right'), '200')
  t.equal(said.filter((each) => each === 'locked-out 127.0.0.66').length, 1)
  t.strictSame(server.defects, [])
})

/** Somebody at an address of this host behind the edge. @returns what registers with a password, and gives the last status. */
function client(t: Test, address: string, port: number) {
  const uri = `sip:127.0.0.1:${port};transport=tcp`
  const socket = connect({ host: '127.0.0.1', port, localAddress: address })
  t.teardown(() => socket.destroy())
  let heard = ''
  let cseq = 0
  socket.on('data', (chunk) => (heard += chunk.toString('latin1')))
  const ask = async (user: string, authorization: string) => {
    cseq += 1
    heard = ''
    socket.write(
      `REGISTER ${uri} SIP/2.0\r\nVia: SIP/2.0/TCP 192.168.1.7:5070;branch=z9hG4bK${address}-${cseq}\r\nMax-Forwards: 70\r\nFrom: <sip:${user}@127.0.0.1>;tag=1\r\nTo: <sip:${user}@127.0.0.1>\r\nCall-ID: ${address}\r\nCSeq: ${cseq} REGISTER\r\nContact: <sip:${user}@192.168.1.7:5070>\r\nSupported: path\r\n${authorization}Content-Length: 0\r\n\r\n`,
    )
    const final = /SIP\/2\.0 [2-6]\d\d [\s\S]*?\r\n\r\n/
    t.ok(await until(() => final.test(heard), LIMIT_MS))
    return final.exec(heard)?.[0] ?? ''
  }
  return async (user: string, password: string) => {
    const challenged = await ask(user, '')
    const answer = challenged.includes(' 401 ')
      ? await ask(user, answerTo(challenged, user, password, uri))
      : challenged
    return answer.slice(8, 11)
  }
}
