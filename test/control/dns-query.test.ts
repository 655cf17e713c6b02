import { createSocket } from 'node:dgram'
import t, { type Test } from 'tap'
import { readConfig } from '../../src/base/config.ts'
import { queryRecords } from '../../src/control/dns-query.ts'
import { sipResolver } from '../../src/control/sip-resolver.ts'
import { createNames } from '../../src/sip/names.ts'
import { type DnsRecords, startDnsServer } from '../peers/dns-server.ts'
import { freePort } from '../peers/free-port.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

const SERVICE = '_sip._udp.carrier.example'
const RECORDS: DnsRecords = {
  ttlSeconds: 7,
  SRV: { [SERVICE]: [[10, 3, 5070, 'one.carrier.example']] },
  NAPTR: { 'carrier.example': [[10, 20, 's', 'SIP+D2U', SERVICE]] },
  A: { 'one.carrier.example': ['192.0.2.1'] },
}

async function stage(t: Test, records = RECORDS) {
  const dns = await startDnsServer(records)
  t.teardown(() => dns.close())
  const servers = [`127.0.0.1:${dns.port}`]
  return { dns, servers, options: { servers, timeoutMs: 5000, tries: 1 } }
}

/** What asks as a configuration says. */
function resolverOf(servers: readonly string[]) {
  const read = readConfig({ text: `sip: { dns: { servers: ${JSON.stringify(servers)} } }`, env: {} })
  if (!('config' in read)) throw new Error(JSON.stringify(read.problems))
  return sipResolver(read.config.sip.dns.servers)
}

t.test('records with the time that they hold, over UDP, and over TCP where they do not fit', async (t) => {
  const { dns, options } = await stage(t)
  const expected = [{ ttl: 7, data: { target: 'one.carrier.example', port: 5070, priority: 10, weight: 3 } }]
  t.match(await queryRecords(SERVICE, 'SRV', options), expected)
  dns.isTruncating = true
  t.match(await queryRecords(SERVICE, 'SRV', options), expected)
  t.strictSame(dns.asked.slice(1), [`SRV ${SERVICE}`, 'SRV over TCP'])
  t.match(await queryRecords('carrier.example', 'NAPTR', options), [
    { ttl: 7, data: { flags: 's', services: 'SIP+D2U', replacement: SERVICE, order: 10, preference: 20 } },
  ])
  await t.rejects(queryRecords('nobody.example', 'SRV', options), { code: 'ENOTFOUND' })
})

t.test('a server that is silent, gone or talks nonsense hands the question to the next', async (t) => {
  const { dns, servers } = await stage(t)
  const silent = await startDnsServer({})
  silent.isSilent = true
  const babbler = createSocket('udp4')
  babbler.on('message', (query, from) => {
    babbler.send(Buffer.from('nonsense'), from.port, from.address)
    // The right words to another question.
    const other = Buffer.from(query)
    other.writeUInt16BE((query.readUInt16BE(0) + 1) & 0xffff, 0)
    other.writeUInt16BE(0x8583, 2)
    babbler.send(other, from.port, from.address)
  })
  await new Promise<void>((done) => babbler.bind(0, '127.0.0.1', done))
  t.teardown(async () => {
    babbler.close()
    await silent.close()
  })
  const bad = [`127.0.0.1:${silent.port}`, `127.0.0.1:${await freePort()}`, `127.0.0.1:${babbler.address().port}`]
  const asked = await queryRecords(SERVICE, 'SRV', { servers: [...bad, ...servers], timeoutMs: 300, tries: 3 })
  t.equal(asked.length, 1)
  t.equal(dns.asked.at(-1), `SRV ${SERVICE}`)
  await t.rejects(queryRecords(SERVICE, 'SRV', { servers: bad, timeoutMs: 50, tries: 1 }), { code: 'ETIMEOUT' })
})

t.test('services are asked for again when their time is over, and not before', async (t) => {
  const { dns, servers } = await stage(t)
  const clock = steppedClock()
  const names = createNames(resolverOf(servers), clock)
  const services = () => dns.asked.filter((each) => each.startsWith('SRV')).length
  t.match(await names.services(SERVICE), [{ name: 'one.carrier.example', port: 5070 }])
  t.match(await names.orders('carrier.example'), [{ service: 'SIP+D2U' }])
  clock.step(6900)
  await names.services(SERVICE)
  t.equal(services(), 1)
  clock.step(200)
  t.match(await names.services(SERVICE), [{ port: 5070 }])
  t.equal(services(), 2)
  t.strictSame(await names.services('_sip._udp.nobody.example'), [], 'and what is not there for a shorter while')
  clock.step(9000)
  await names.services('_sip._udp.nobody.example')
  t.equal(services(), 3)
  clock.step(2000)
  await names.services('_sip._udp.nobody.example')
  t.equal(services(), 4)
  t.strictSame(await names.addresses('one.carrier.example'), ['192.0.2.1'])
})
