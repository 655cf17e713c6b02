import t from 'tap'
import { UNPROVED_PACKETS } from '../../src/media/terms.ts'
import { steppedRoom } from '../peers/stepped-room.ts'

for (const kind of ['port', 'ringback', 'hold-music', 'silence'] as const) {
  t.test(`an unproved far end that says nothing hears half a second of ${kind}, and no more`, async (t) => {
    const stepped = await steppedRoom()
    const speaker = await stepped.phone('speaker', { humHz: 620 })
    const named = await stepped.phone('named', { stream: { unproved: true } })
    const source = kind === 'port' ? ({ kind, portId: 'speaker' } as const) : ({ kind } as const)
    await stepped.assign({ portId: 'named', source })
    speaker.talking = true
    stepped.step(5000)
    t.equal(named.heard().length, UNPROVED_PACKETS)
    t.equal(stepped.port('named').tally.left, UNPROVED_PACKETS)
    await stepped.ask({ do: 'stream', portId: 'named', stream: { ...named.terms(), unproved: undefined } })
    stepped.step(1000)
    t.ok(named.heard().length >= UNPROVED_PACKETS + 48, 'signalling has shown that it is there: it hears again')
    stepped.step(5000)
    t.ok(named.heard().length >= UNPROVED_PACKETS + 296)
  })
}

t.test('one that speaks is there', async (t) => {
  const stepped = await steppedRoom()
  const speaker = await stepped.phone('speaker', { humHz: 620 })
  const named = await stepped.phone('named', { humHz: 440, stream: { unproved: true } })
  await stepped.join('named', 'speaker')
  speaker.talking = true
  named.talking = true
  stepped.step(5000)
  t.ok(named.heard().length > 240)
})

t.test('a stranger who speaks from elsewhere proves nothing', async (t) => {
  const stepped = await steppedRoom()
  const speaker = await stepped.phone('speaker', { humHz: 620 })
  const named = await stepped.phone('named', { stream: { unproved: true, latch: 'sdp' } })
  await stepped.join('named', 'speaker')
  speaker.talking = true
  const from = { address: '192.0.2.99', port: 4242 }
  for (let i = 0; i < 50; i++) {
    const packet = new Uint8Array(172)
    packet.set([0x80, 8, 0, i, 0, 0, 0, i * 160, 1, 2, 3, 4])
    stepped.udp.deliver(stepped.port('named').rtpPort, packet, from.address, from.port)
    stepped.step(20)
  }
  t.equal(named.heard().length, UNPROVED_PACKETS)
})
