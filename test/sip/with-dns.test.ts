/** Names looked up at a real name server over UDP, by Node's own resolver, and calls that go where it says. */

import { Resolver } from 'node:dns/promises'
import t from 'tap'
import { clockFrom } from '../../src/base/clock.ts'
import type { IncomingSession } from '../../src/sip/index.ts'
import { createNames } from '../../src/sip/names.ts'
import { resolvePeers } from '../../src/sip/resolve.ts'
import { startDnsServer } from '../peers/dns-server.ts'
import { notes } from './endpoints.ts'
import { realEndpoint, until } from './real-endpoint.ts'

/** Nobody listens here: it takes privileges (TCPMUX, RFC 1078). */
const DEAD_PORT = 1
const FROM = { displayName: '', uri: 'sip:c@127.0.0.1', user: 'c' }

t.test('NAPTR chooses TCP, the first SRV is dead, the call goes to the second', async (t) => {
  const answer = (session: IncomingSession) => {
    session.attach(notes())
    session.accept('answer')
  }
  const peer = await realEndpoint(answer)
  const tcpPort = peer.sip.listening.find(({ transport }) => transport === 'tcp')?.port ?? 0
  const dns = await startDnsServer({
    NAPTR: { 'carrier.example': [[10, 10, 's', 'SIP+D2T', '_sip._tcp.carrier.example']] },
    SRV: {
      '_sip._tcp.carrier.example': [
        [20, 0, tcpPort, 'live.carrier.example'],
        [10, 0, DEAD_PORT, 'dead.carrier.example'],
      ],
    },
    A: { 'live.carrier.example': ['127.0.0.1'], 'dead.carrier.example': ['127.0.0.1'] },
  })
  const resolver = new Resolver()
  resolver.setServers([`127.0.0.1:${dns.port}`])
  const us = await realEndpoint(() => {}, { resolver, failOver: { patienceMs: 5000, setAsideMs: 60_000 } })
  t.teardown(async () => {
    await Promise.all([us.sip.close(), peer.sip.close(), dns.close()])
  })
  const told = notes()
  const session = us.sip.invite({ target: { uri: 'sip:42@carrier.example' }, from: FROM, body: 'offer', events: told })
  t.ok(await until(() => told.told.length > 0))
  t.strictSame(told.told, ['answered answer'])
  t.match(session.peer, { transport: 'tcp', address: '127.0.0.1', port: tcpPort })
  t.equal(us.sip.stats()['setAside'], 1)
  session.end()
  t.ok(await until(() => peer.sip.sessionCount === 0), 'BYE goes to the one that has the call')
  const asked = dns.asked.length
  const again = notes()
  us.sip.invite({ target: { uri: 'sip:42@carrier.example' }, from: FROM, body: 'offer', events: again })
  t.ok(await until(() => again.told.length > 0))
  t.equal(dns.asked.length, asked, 'what was said is remembered')
  t.strictSame([...us.defects, ...peer.defects], [])
})

t.test('a name server that is silent costs time, and nothing else', async (t) => {
  const dns = await startDnsServer({ A: { 'pbx.example': ['192.0.2.1'] } })
  dns.isSilent = true
  t.teardown(() => dns.close())
  const resolver = new Resolver({ timeout: 100, tries: 1 })
  resolver.setServers([`127.0.0.1:${dns.port}`])
  const clock = clockFrom({ now: () => performance.now(), setTimeout, clearTimeout })
  const terms = { names: createNames(resolver, clock), supports: () => true, chance: () => 0 }
  t.strictSame(await resolvePeers('sip:42@pbx.example:5060', terms), [])
  t.ok(await until(() => dns.asked.includes('A pbx.example')))
})
