import t from 'tap'
import { latchOf, trunkOf } from '../../src/call/latch-policy.ts'
import { configOf } from '../peers/call-bench.ts'

const config = configOf(`
media: { latchNetworks: [10.0.0.0/8] }
trunks:
  - { name: plain, addresses: [192.0.2.1] }
  - { name: strict, addresses: [192.0.2.2], latch: sdp }
  - { name: open, addresses: [192.0.2.3], latch: first }
  - { name: gateways, addresses: [192.0.2.4], latchNetworks: [203.0.113.0/24, 2001:db8::/32] }
`)

t.test('phones, PBXs and trunks without a word of their own have the terms of media', async (t) => {
  for (const trunk of [undefined, 'plain', 'gone']) {
    t.same(latchOf(config, trunk), { latch: 'first', latchNetworks: ['10.0.0.0/8'] })
  }
  t.same(latchOf({ ...config, media: { ...config.media, latch: 'sdp', latchNetworks: [] } }, undefined), {
    latch: 'sdp',
  })
})

t.test('a trunk has its own', async (t) => {
  t.same(latchOf(config, 'strict'), { latch: 'sdp' })
  t.same(latchOf(config, 'open'), { latch: 'first' })
  t.same(latchOf(config, 'gateways'), { latch: 'first', latchNetworks: ['203.0.113.0/24', '2001:db8::/32'] })
})

t.test('which trunk a call came from', async (t) => {
  t.equal(trunkOf({ kind: 'trunk', trunk: 'carrier' }), 'carrier')
  t.equal(trunkOf({ kind: 'phone', account: 'agent' }), undefined)
})
