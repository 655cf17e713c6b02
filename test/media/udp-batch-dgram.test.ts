import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t from 'tap'
import { pause, until } from '../../src/demo/waiting.ts'
import { claimSlot, createSendBatch, receivedPacket, SLOT_SIZE } from '../../src/media/udp-batch.ts'
import { createDgramBatch } from '../../src/media/udp-batch-dgram.ts'

async function peer(t: { teardown(done: () => void): void }) {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  return socket
}

t.test('packets are drained in order with source and length, and sent to where they say', async (t) => {
  const udp = createDgramBatch()
  const opened = await udp.open('IPv4', '127.0.0.1', 0)
  if (opened === undefined) throw new Error('not opened')
  t.teardown(() => udp.close(opened.socket))
  const far = await peer(t)
  for (let i = 1; i <= 5; i++) far.send(new Uint8Array(i * 10).fill(i), opened.port, '127.0.0.1')
  far.send(new Uint8Array(SLOT_SIZE + 1), opened.port, '127.0.0.1')
  far.send(new Uint8Array(0), opened.port, '127.0.0.1')
  await pause(50)
  const batch = udp.drain()
  t.equal(batch.count, 6)
  t.equal(batch.overflowed, 1)
  for (let i = 0; i < 5; i++) {
    t.same(receivedPacket(batch, i), new Uint8Array((i + 1) * 10).fill(i + 1))
    t.equal(batch.addresses[i], '127.0.0.1')
    t.equal(batch.ports[i], far.address().port)
  }
  t.equal(receivedPacket(batch, 5).length, 0)
  t.equal(udp.drain().count, 0)

  const heard: Buffer[] = []
  far.on('message', (packet) => heard.push(packet))
  const send = createSendBatch(4)
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 3; i++) {
      const slot = claimSlot(send)
      send.slots[slot]?.fill(round * 3 + i)
      send.sockets[slot] = opened.socket
      send.lengths[slot] = 20
      send.addresses[slot] = '127.0.0.1'
      send.ports[slot] = far.address().port
    }
    udp.send(send)
    t.equal(send.count, 0)
  }
  await until(() => heard.length === 9, 'what was sent')
  t.same(
    heard.map((packet) => packet[0]),
    [0, 1, 2, 3, 4, 5, 6, 7, 8],
  )
})

t.test('a taken port is said to be, a foreign address throws', async (t) => {
  const udp = createDgramBatch()
  const far = await peer(t)
  t.equal(await udp.open('IPv4', '127.0.0.1', far.address().port), undefined)
  await t.rejects(udp.open('IPv4', '192.0.2.1', 0))
})

t.test('a closed socket leaves nothing behind for the next one of its number', async (t) => {
  const udp = createDgramBatch()
  const first = await udp.open('IPv4', '127.0.0.1', 0)
  if (first === undefined) throw new Error('not opened')
  const far = await peer(t)
  far.send('late', first.port, '127.0.0.1')
  await pause(30)
  udp.close(first.socket)
  udp.close(first.socket)
  const second = await udp.open('IPv4', '127.0.0.1', 0)
  t.equal(second?.socket, first.socket)
  const batch = udp.drain()
  t.equal(batch.sockets[0], -1)
  udp.close(second?.socket ?? 0)
  t.throws(() => udp.handOver(first.socket))
})

t.test('after wiping, nothing received is left in memory', async (t) => {
  const udp = createDgramBatch()
  const opened = await udp.open('IPv4', '127.0.0.1', 0)
  if (opened === undefined) throw new Error('not opened')
  t.teardown(() => udp.close(opened.socket))
  const far = await peer(t)
  far.send(new Uint8Array(100).fill(7), opened.port, '127.0.0.1')
  await pause(30)
  const batch = udp.drain()
  receivedPacket(batch, 0)
  udp.wipe()
  t.ok(batch.block.every((octet) => octet === 0))
  t.equal(
    udp.drain().block.some((octet) => octet !== 0),
    false,
  )
})

t.test('a full ring gives no slot', async (t) => {
  const send = createSendBatch(2)
  t.same([claimSlot(send), claimSlot(send), claimSlot(send)], [0, 1, -1])
})
