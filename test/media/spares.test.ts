import t from 'tap'
import { DRAIN_MS } from '../../src/media/room.ts'
import { sparesOf } from '../../src/media/spread.ts'
import { writeHeader } from '../../src/rtp/packet.ts'
import { type SteppedRoom, steppedRoom } from '../peers/stepped-room.ts'

/** A room that keeps some pairs, in which a port was opened, used, and closed. */
async function afterCalls(mostSpares: number, ...portIds: string[]) {
  const stepped = await steppedRoom()
  stepped.room.mostSpares = mostSpares
  const phones = []
  for (const portId of portIds) phones.push(await stepped.phone(portId))
  stepped.step(100)
  for (const portId of portIds) await stepped.ask({ do: 'close', portId })
  return { stepped, pairs: phones.map(({ localPort }) => localPort) }
}

function told(stepped: SteppedRoom): number[] {
  return stepped.events.flatMap((event) => (event.type === 'spares' ? event.pairs.map(({ rtpPort }) => rtpPort) : []))
}

function strayed(stepped: SteppedRoom): number[] {
  return stepped.events.flatMap((event) => (event.type === 'strayed' ? event.rtpPorts : []))
}

/** A far end goes on sending PCMU after its call, a packet every 20 ms. */
function goOnSending(stepped: SteppedRoom, localPort: number, ms: number): void {
  const packet = new Uint8Array(172)
  for (let seq = 0; seq < ms / 20; seq++) {
    writeHeader(packet, 0, false, seq, seq * 160, 77)
    stepped.udp.deliver(localPort, packet, '203.0.113.9', 4000)
    stepped.step(20)
  }
}

t.test(
  'the sockets of a closed port stay bound, are told once they have drained, and are taken without binding',
  async (t) => {
    const { stepped, pairs } = await afterCalls(4, 'first')
    const [rtpPort = 0] = pairs
    const bound = stepped.udp.ports()
    stepped.step(DRAIN_MS - 10)
    t.same(told(stepped), [])
    stepped.step(100)
    t.same(told(stepped), [rtpPort])
    t.same(stepped.udp.ports(), bound)
    stepped.udp.deliver(rtpPort, new Uint8Array(172).fill(0x80), '203.0.113.9', 4000)
    stepped.udp.refusal = 'no-descriptors'
    t.match(await stepped.ask({ do: 'take', portId: 'second', rtpPort }), { type: 'done' })
    t.match(await stepped.ask({ do: 'take', portId: 'third', rtpPort }), { fault: 'media.no-port' }, "it is somebody's")
    t.match(await stepped.ask({ do: 'take', portId: 'second', rtpPort }), { fault: 'media.bad-command' })
    stepped.step(50)
    const port = stepped.port('second')
    t.same([port.rtpPort, port.rtcpPort, port.family], [rtpPort, rtpPort + 1, 'IPv4'])
    t.same([port.strangers, port.unusable], [0, 0], "what came while it was nobody's is nobody's")
    stepped.udp.deliver(rtpPort, new Uint8Array(172).fill(0x80), '203.0.113.9', 4000)
    stepped.step(50)
    t.equal(port.strangers + port.unusable, 1, 'what comes now is its own')
  },
)

for (const [what, offset] of [
  ['sound', 0],
  ['reports', 1],
] as const) {
  t.test(
    `a far end that goes on sending ${what} after its call does not become the source of the next one`,
    async (t) => {
      const { stepped, pairs } = await afterCalls(4, 'first')
      const [rtpPort = 0] = pairs
      goOnSending(stepped, rtpPort + offset, DRAIN_MS + 100)
      t.same(told(stepped), [], 'its pair is kept for nobody')
      t.same(stepped.udp.ports(), [], 'nor bound any longer than it takes late packets to come')
      const next = await stepped.ask({ do: 'open', portId: 'second', family: 'IPv4' })
      t.not(next.type === 'opened' && next.rtpPort, rtpPort, 'its number has its turn after all others')
    },
  )
}

t.test('the last packets of a call keep no pair from being used again', async (t) => {
  const { stepped, pairs } = await afterCalls(4, 'first')
  goOnSending(stepped, pairs[0] ?? 0, 900)
  stepped.step(DRAIN_MS - 900 + 100)
  t.same(told(stepped), pairs)
})

t.test('a spare that something comes to is told, once, and closed when it is still nobody’s', async (t) => {
  const { stepped, pairs } = await afterCalls(4, 'a', 'b', 'c')
  const [a = 0, b = 0, c = 0] = pairs
  stepped.step(DRAIN_MS + 100)
  t.same(told(stepped), pairs)
  t.match(await stepped.ask({ do: 'take', portId: 'second', rtpPort: a }), { type: 'done' })
  goOnSending(stepped, a, 100)
  t.same(strayed(stepped), [], 'one that was taken is a port')
  goOnSending(stepped, b, 100)
  goOnSending(stepped, c + 1, 100)
  t.same(strayed(stepped), [b, c])
  t.match(await stepped.ask({ do: 'drop', rtpPorts: [b, c] }), { type: 'done' })
  t.same(stepped.udp.ports(), [a, a + 1])
})

t.test('no more are kept than was said; the others are closed, and their pairs free', async (t) => {
  const { stepped, pairs } = await afterCalls(1, 'a', 'b', 'c')
  stepped.step(DRAIN_MS + 100)
  t.same(told(stepped), pairs.slice(0, 1))
  t.equal(stepped.udp.ports().length, 2)
  t.equal(stepped.room.pool?.freeCount, (stepped.room.pool?.size ?? 0) - 1)
  t.match(await stepped.ask({ do: 'stop' }), { type: 'done' })
  t.same(stepped.udp.ports(), [], 'a process that is to end keeps none')
})

t.test('a socket that has been in another process is closed', async (t) => {
  const stepped = await steppedRoom()
  stepped.room.mostSpares = 4
  await stepped.phone('caller')
  const released = await stepped.ask({ do: 'release', portId: 'caller' })
  if (released.type !== 'released') throw new Error('not released')
  const handle = stepped.handle()
  t.match(await stepped.ask({ do: 'adopt', portId: 'caller', ticket: released.ticket }, handle), { type: 'done' })
  await stepped.ask({ do: 'close', portId: 'caller' })
  stepped.step(DRAIN_MS + 100)
  t.same(told(stepped), [])
  t.same(stepped.udp.ports(), [])
})

t.test('spare pairs are closed on demand, and can be bound again', async (t) => {
  const { stepped, pairs } = await afterCalls(4, 'a', 'b')
  stepped.step(DRAIN_MS + 100)
  t.match(await stepped.ask({ do: 'drop', rtpPorts: [...pairs, 9] }), { type: 'done' })
  t.same(stepped.udp.ports(), [])
  t.equal(stepped.room.pool?.freeCount, stepped.room.pool?.size)
  t.match(await stepped.ask({ do: 'take', portId: 'late', rtpPort: pairs[0] }), { fault: 'media.no-port' })
})

t.test('how many are worth keeping', async (t) => {
  t.same([0, 7, 50, 800, 100_000].map(sparesOf), [0, 0, 6, 100, 256])
})
