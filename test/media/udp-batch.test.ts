/** What the seam `UdpBatch` promises, asked of both implementations. */

import type { Socket } from 'node:dgram'
import t from 'tap'
import { pause, until } from '../../src/demo/waiting.ts'
import {
  claimSlot,
  createReceiveBatch,
  createSendBatch,
  type Family,
  pushReceived,
  receivedPacket,
  SLOT_SIZE,
  shortened,
} from '../../src/media/udp-batch.ts'
import {
  addon,
  canBuildAddon,
  type Drained,
  drainOnce,
  drainUntil,
  farEnd,
  implementations,
  loopback,
  opened,
  sendBatch,
  sendFrom,
} from '../peers/udp-implementations.ts'

t.test('the addon is there wherever it can be built', async (t) => {
  t.ok(addon !== undefined || !canBuildAddon(), 'else run: node scripts/build-native.mjs')
})

t.test('a full ring gives no slot', async (t) => {
  const send = createSendBatch(2)
  t.same([claimSlot(send), claimSlot(send), claimSlot(send)], [0, 1, -1])
})

t.test(
  'a packet has its own length and octets whatever was in its slot before, and so has its beginning',
  async (t) => {
    const batch = createReceiveBatch(2)
    // Long enough for a slot to take to another length, and to meet the first one again.
    for (let round = 0; round < 3000; round++) {
      batch.count = 0
      const lengths = round < 1500 ? [40, round === 0 ? 40 : 20] : [20 + (round % 3), 40]
      const packets = lengths.map((length, i) => new Uint8Array(length).map((_, at) => round + i * 100 + at))
      for (const packet of packets) pushReceived(batch, 0, packet, '192.0.2.1', 4000)
      for (const [i, packet] of packets.entries()) {
        const view = receivedPacket(batch, i)
        const start = shortened(batch, view, 12)
        const isRight = Buffer.compare(view, packet) === 0 && Buffer.compare(start, packet.subarray(0, 12)) === 0
        if (!isRight) t.fail(`packet ${i} of round ${round}`)
      }
    }
    t.equal(receivedPacket(batch, 1), receivedPacket(batch, 1), 'the length that a slot mostly has needs no new view')
  },
)

for (const { name, make } of implementations) {
  t.test(`${name}: packets are drained in order with source and length, too long ones are counted`, async (t) => {
    const udp = make()
    t.equal(udp.kind, name)
    const { socket, port } = await opened(t, udp)
    const far = await farEnd(t)
    for (let i = 1; i <= 5; i++) await sendFrom(far, new Uint8Array(i * 10).fill(i), port)
    await sendFrom(far, new Uint8Array(SLOT_SIZE + 1), port)
    await sendFrom(far, new Uint8Array(0), port)
    await sendFrom(far, new Uint8Array(SLOT_SIZE).fill(9), port)
    await sendFrom(far, new Uint8Array(60_000), port)
    await sendFrom(far, new Uint8Array(2).fill(3), port)
    const got = await drainUntil(udp, 8, 'eight packets')
    const lengths = [10, 20, 30, 40, 50, 0, SLOT_SIZE, 2]
    const fill = [1, 2, 3, 4, 5, 0, 9, 3]
    const address = '127.0.0.1'
    t.same(
      got,
      lengths.map((length, i) => ({
        socket,
        octets: new Uint8Array(length).fill(fill[i] as number),
        address,
        port: far.address().port,
      })),
    )
    await until(() => udp.losses().tooLong === 2, 'both counted')
    t.same(drainOnce(udp), [])
  })

  t.test(`${name}: batches are sent in order to where each entry says, over the seam of the ring`, async (t) => {
    const udp = make()
    const { socket } = await opened(t, udp)
    const fars = [await farEnd(t), await farEnd(t)]
    const heard: number[][] = [[], []]
    fars.forEach((far, i) => void far.on('message', (packet) => heard[i]?.push(packet[0] ?? -1)))
    const send = createSendBatch(4)
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 3; i++) {
        const slot = claimSlot(send)
        send.slots[slot]?.fill(round * 3 + i)
        send.sockets[slot] = socket
        send.lengths[slot] = 20
        send.addresses[slot] = '127.0.0.1'
        send.ports[slot] = fars[i & 1]?.address().port ?? 0
      }
      udp.send(send)
      t.equal(send.count, 0)
    }
    await until(() => heard[0]?.length === 6 && heard[1]?.length === 3, 'what was sent')
    t.same(heard, [
      [0, 2, 3, 5, 6, 8],
      [1, 4, 7],
    ])
  })

  t.test(`${name}: what has no slot waits or is counted, and never pushes another packet out`, async (t) => {
    const udp = make(8)
    const { socket, port } = await opened(t, udp)
    const far = await farEnd(t)
    for (let i = 0; i < 20; i++) await sendFrom(far, new Uint8Array([i]), port)
    const got: number[] = []
    await until(() => {
      const some = drainOnce(udp)
      t.ok(some.length <= 8)
      got.push(...some.map(({ octets }) => octets[0] as number))
      return got.length + udp.losses().overflowed === 20
    }, 'all twenty, or their count')
    t.ok(got.length >= 8)
    t.same(
      got,
      got.toSorted((a, b) => a - b),
    )
    t.equal(new Set(got).size, got.length)
    await sendFrom(far, new Uint8Array([77]), port)
    t.same((await drainUntil(udp, 1, 'the next one'))[0], {
      socket,
      octets: new Uint8Array([77]),
      address: '127.0.0.1',
      port: far.address().port,
    })
  })

  t.test(`${name}: sockets of both families side by side`, async (t) => {
    const udp = make()
    const families: readonly Family[] = ['IPv4', 'IPv6']
    const pairs = []
    for (let i = 0; i < 10; i++) {
      const family = families[i % 2] as Family
      pairs.push({ family, i, far: await farEnd(t, family), ...(await opened(t, udp, family)) })
    }
    t.equal(new Set(pairs.map(({ socket }) => socket)).size, 10)
    for (let round = 0; round < 3; round++) {
      for (const { far, i, port, family } of pairs) await sendFrom(far, new Uint8Array([i, round]), port, family)
    }
    const got = await drainUntil(udp, 30, 'three from each')
    for (const { far, family, i, socket } of pairs) {
      const address = loopback(family)
      t.same(
        got.filter((each) => each.socket === socket),
        [0, 1, 2].map((round) => ({ socket, octets: new Uint8Array([i, round]), address, port: far.address().port })),
      )
    }
    const heard: number[] = []
    for (const { far } of pairs) far.on('message', (packet) => heard.push(packet[0] ?? -1))
    sendBatch(
      udp,
      pairs.map(({ far, family, i, socket }) => {
        return { socket, octets: new Uint8Array([i]), address: loopback(family), port: far.address().port }
      }),
    )
    await until(() => heard.length === 10, 'answers')
    t.same(heard.toSorted(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  t.test(`${name}: sources that take turns are told apart`, async (t) => {
    const udp = make()
    const { port } = await opened(t, udp)
    const fars: Socket[] = []
    for (let i = 0; i < 12; i++) fars.push(await farEnd(t, 'IPv4', `127.0.${i % 3}.${1 + (i >> 2)}`))
    for (let round = 0; round < 4; round++) {
      for (const far of fars) await sendFrom(far, new Uint8Array([round]), port)
    }
    const got = await drainUntil(udp, 48, 'all of them')
    t.same(
      got.map(({ address, port: from }) => `${address}:${from}`),
      [0, 1, 2, 3].flatMap(() => fars.map((far) => `${far.address().address}:${far.address().port}`)),
    )
  })

  t.test(`${name}: a socket that is not opened says why`, async (t) => {
    const udp = make()
    const far = await farEnd(t)
    t.equal(await udp.open('IPv4', '127.0.0.1', far.address().port), 'taken')
    t.equal(await udp.open('IPv4', '192.0.2.1', 0), 'no-address')
    t.equal(await udp.open('IPv6', '2001:db8::1', 0), 'no-address')
    t.ok(await opened(t, udp))
  })

  t.test(`${name}: a closed socket leaves nothing behind for the next one of its number`, async (t) => {
    const udp = make()
    const far = await farEnd(t)
    const first = await opened(t, udp)
    await sendFrom(far, new Uint8Array(3), first.port)
    // Some implementations have read it by now, others leave it to the kernel.
    await pause(30)
    udp.close(first.socket)
    udp.close(first.socket)
    const second = await opened(t, udp)
    t.equal(second.socket, first.socket)
    t.notOk(drainOnce(udp).some(({ socket }) => socket === second.socket))
    await sendFrom(far, new Uint8Array([5]), second.port)
    t.same((await drainUntil(udp, 1, 'one of its own'))[0]?.octets, new Uint8Array([5]))
    udp.close(second.socket)
    t.throws(() => udp.handOver(first.socket))
  })

  t.test(`${name}: sockets come and go under fire`, async (t) => {
    const udp = make(64)
    const far = await farEnd(t)
    // Of so many ports one may have been somebody's a moment ago, to whom others still send.
    const ofFar = (some: readonly Drained[]) => some.filter(({ port }) => port === far.address().port)
    for (let round = 0; round < 60; round++) {
      const sockets = [await opened(t, udp), await opened(t, udp)] as const
      for (const { port } of sockets) {
        for (let i = 0; i < 40; i++) far.send(new Uint8Array([round]), port, '127.0.0.1')
      }
      const before = ofFar(await drainUntil(udp, 1, 'something'))
      udp.close(sockets[0].socket)
      const after = ofFar(drainOnce(udp))
      t.ok(before.every(({ octets }) => octets[0] === round))
      t.ok(after.every(({ socket, octets }) => socket === -1 || (socket === sockets[1].socket && octets[0] === round)))
      udp.close(sockets[1].socket)
      t.notOk(drainOnce(udp).some(({ socket }) => socket >= 0))
    }
  })

  t.test(`${name}: after wiping, nothing received is left in memory`, async (t) => {
    const udp = make()
    const { port } = await opened(t, udp)
    const far = await farEnd(t)
    for (let i = 0; i < 3; i++) await sendFrom(far, new Uint8Array(100 + i).fill(7), port)
    let left = 3
    let block: Uint8Array = new Uint8Array()
    await until(() => {
      const batch = udp.drain()
      block = batch.block
      for (let i = 0; i < batch.count; i++) receivedPacket(batch, i)
      left -= batch.count
      return left === 0
    }, 'three packets')
    t.ok(block.includes(7))
    udp.wipe()
    t.ok(block.every((octet) => octet === 0))
    t.notOk(udp.drain().block.some((octet) => octet !== 0))
  })

  t.test(`${name}: what cannot be sent is counted by reason, and holds nothing up`, async (t) => {
    const udp = make()
    const { socket } = await opened(t, udp)
    const v6 = await opened(t, udp, 'IPv6')
    const far = await farEnd(t)
    const { port } = far.address()
    const heard: number[] = []
    far.on('message', (packet) => heard.push(packet[0] ?? -1))
    const good = (mark: number) => ({ socket, octets: new Uint8Array([mark]), address: '127.0.0.1', port })
    const bad = { socket, octets: new Uint8Array([99]) }
    sendBatch(udp, [
      good(0),
      { ...bad, address: '127.0.0.1', port: 0 },
      good(1),
      good(2),
      // Broadcast, which no socket of ours may.
      { ...bad, address: '127.255.255.255', port },
      good(3),
      { ...bad, address: '::1', port },
      { ...bad, socket: v6.socket, address: '127.0.0.1', port },
      good(4),
      { ...bad, socket: 4711, address: '127.0.0.1', port },
      good(5),
    ])
    await until(() => heard.length === 6, 'the good ones')
    t.same(heard, [0, 1, 2, 3, 4, 5])
    await until(() => udp.losses().forbidden === 1, 'the broadcast')
    const losses = udp.losses()
    t.equal(losses.unsendable + losses.unreachable, 3)
    t.same({ ...losses, unsendable: 0, unreachable: 0 }, { ...zero, forbidden: 1 })
  })
}

const zero = { overflowed: 0, tooLong: 0, full: 0, refused: 0, unreachable: 0, forbidden: 0, unsendable: 0 }
