import t from 'tap'
import { PortPool } from '../../src/media/port-pool.ts'
import { DRAIN_MS } from '../../src/media/room.ts'
import { steppedRoom } from '../peers/stepped-room.ts'

t.test('pairs begin at even ports and lie inside the range', async (t) => {
  const pool = new PortPool(10_001, 10_008)
  t.same([pool.take(), pool.take(), pool.take(), pool.take()], [10_002, 10_004, 10_006, undefined])
})

t.test('the pair that was freed last is used last', async (t) => {
  const pool = new PortPool(10_000, 10_007)
  const [first, second] = [pool.take() as number, pool.take() as number]
  pool.free(first)
  pool.free(first)
  t.equal(pool.freeCount, 3, 'giving back twice is harmless')
  t.same([pool.take(), pool.take(), pool.take(), pool.take()], [10_004, 10_006, first, undefined])
  pool.free(second + 1)
  pool.free(4)
  t.equal(pool.take(), undefined, 'a port that is not of the pool frees nothing')
})

t.test('a process begins where chance says, and comes round to every pair', async (t) => {
  const pool = new PortPool(10_000, 10_007, 4_294_967_295)
  t.same([pool.take(), pool.take(), pool.take(), pool.take(), pool.take()], [10_006, 10_000, 10_002, 10_004, undefined])
  t.equal(new PortPool(10_000, 9_000, 3).take(), undefined)
})

t.test('an odd or empty range has no pairs', async (t) => {
  t.equal(new PortPool(10_001, 10_002).size, 0)
  t.equal(new PortPool(10_000, 9_000).size, 0)
})

t.test('ports that others have are stepped over; when none is left the open fails', async (t) => {
  const stepped = await steppedRoom()
  for (let port = 20_000; port < 20_096; port++) if (port % 4 < 2) stepped.udp.taken.add(port)
  stepped.udp.taken.add(20_003)
  for (let i = 0; i < 25; i++) {
    const opened = await stepped.ask({ do: 'open', portId: `p${i}`, family: 'IPv4' })
    t.equal(opened.type, 'opened')
  }
  t.match(await stepped.ask({ do: 'open', portId: 'one-too-many', family: 'IPv4' }), { fault: 'media.no-port' })
  t.notOk(stepped.udp.ports().includes(20_002), 'half a pair is not kept')
})

t.test('an open that the system refuses for another reason tries no other port, and says why', async (t) => {
  const stepped = await steppedRoom()
  stepped.udp.refusal = 'no-descriptors'
  t.match(await stepped.ask({ do: 'open', portId: 'a', family: 'IPv4' }), { fault: 'media.no-descriptors' })
  stepped.udp.refusal = 'no-address'
  t.match(await stepped.ask({ do: 'open', portId: 'a', family: 'IPv6' }), { fault: 'media.no-address' })
  stepped.udp.refusal = undefined
  t.match(await stepped.ask({ do: 'open', portId: 'a', family: 'IPv4' }), { type: 'opened' })
})

t.test('a closed port is read and thrown away until it has drained', async (t) => {
  const stepped = await steppedRoom()
  const phone = await stepped.phone('leg')
  phone.talking = true
  stepped.step(100)
  await stepped.ask({ do: 'close', portId: 'leg' })
  t.match(await stepped.ask({ do: 'close', portId: 'leg' }), { type: 'done' }, 'twice is harmless')
  stepped.step(DRAIN_MS - 10)
  t.ok(stepped.udp.ports().includes(phone.localPort))
  t.equal(stepped.room.pool?.freeCount, (stepped.room.pool?.size ?? 0) - 1, 'nobody gets its pair meanwhile')
  stepped.step(20)
  t.same(stepped.udp.ports(), [])
  t.equal(stepped.room.pool?.freeCount, stepped.room.pool?.size)
})

t.test('the last free pair is one that can be bound, also when the tick that closes it is late', async (t) => {
  const stepped = await steppedRoom()
  const size = stepped.room.pool?.size ?? 0
  for (let i = 0; i < size; i++) await stepped.ask({ do: 'open', portId: `p${i}`, family: 'IPv4' })
  await stepped.ask({ do: 'close', portId: 'p7' })
  stepped.hold(DRAIN_MS + 500)
  t.equal(stepped.room.pool?.freeCount, 0)
  t.match(await stepped.ask({ do: 'open', portId: 'early', family: 'IPv4' }), { fault: 'media.no-port' })
  stepped.step(10)
  t.equal(stepped.room.pool?.freeCount, 1)
  t.match(await stepped.ask({ do: 'open', portId: 'next', family: 'IPv4' }), { type: 'opened' })
})
