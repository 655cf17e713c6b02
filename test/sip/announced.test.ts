import t from 'tap'
import { headerOf } from '../../src/sip/message.ts'
import { endpoint, notes } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'
import { scriptedPeer } from './scripted-peer.ts'

t.test('Via and Contact name the address and the port that peers reach', async (t) => {
  const net = memoryNet()
  const listener = { transport: 'udp', address: '192.0.2.1', port: 5060 } as const
  const peer = await scriptedPeer(net, '198.51.100.2', '192.0.2.1')
  const forwarded = { ...listener, announcedAddress: '203.0.113.9', announcedPort: 6060 }
  const own = await endpoint(net, '192.0.2.1', () => {}, {
    listeners: [forwarded],
    announcedAddress: '203.0.113.1',
  })
  own.sip.invite({
    target: { uri: 'sip:a@198.51.100.2' },
    from: { displayName: '', uri: 'sip:b@c', user: 'b' },
    body: 'offer',
    events: notes(),
  })
  await net.run(200)
  const invite = peer.last('INVITE')
  t.match(headerOf(invite, 'via'), /^SIP\/2\.0\/UDP 203\.0\.113\.9:6060;/)
  t.equal(headerOf(invite, 'contact'), '<sip:203.0.113.9:6060>')
  await own.sip.close()
})
