import t from 'tap'
import { inNetworks, isNetwork } from '../../src/base/networks.ts'

t.test('networks and single addresses, of both families', async (t) => {
  const admits = inNetworks(['203.0.113.0/24', '192.0.2.7', '2001:db8:1::/48', 'nonsense'])
  for (const address of ['203.0.113.0', '203.0.113.255', '192.0.2.7', '2001:db8:1:ffff::9'])
    t.ok(admits(address), address)
  for (const address of ['203.0.114.0', '192.0.2.8', '2001:db8:2::1', '::ffff:1.2.3.4', 'nonsense', '']) {
    t.notOk(admits(address), address)
  }
})

t.test('what names no network', async (t) => {
  for (const text of ['10.0.0.0/8', '::/0', '::1', '10.0.0.1/32']) t.ok(isNetwork(text), text)
  for (const text of ['10.0.0.0/33', '::1/129', '10.0.0', 'host', '10.0.0.0/', '/8', '10.0.0.0/8/8', '']) {
    t.notOk(isNetwork(text), text)
  }
})
