import t from 'tap'
import type { Ticket } from '../../src/media/contract.ts'
import { encodePcma } from '../../src/rtp/g711.ts'
import { payloadType, sequence, ssrc, timestamp } from '../../src/rtp/packet.ts'
import { writeReceiverReport } from '../../src/rtp/rtcp.ts'
import { highHz, lowHz, writeKey } from '../../src/rtp/tone.ts'
import { type MemoryHandle, memoryHandle } from '../peers/memory-udp.ts'
import { type Phone, type SteppedRoom, seamsOf, steppedRoom } from '../peers/stepped-room.ts'

const UNHEARD = -45

async function parted(): Promise<{ stepped: SteppedRoom; caller: Phone; agent: Phone; ticket: Ticket }> {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { humHz: 620 })
  const agent = await stepped.phone('agent', { humHz: 440 })
  await stepped.join('caller', 'agent')
  caller.talking = true
  agent.talking = true
  stepped.step(503)
  const released = await stepped.ask({ do: 'release', portId: 'caller' })
  if (released.type !== 'released') throw new Error(JSON.stringify(released))
  return { stepped, caller, agent, ticket: released.ticket }
}

async function giveBack(stepped: SteppedRoom, caller: Phone, ticket: Ticket, sinceLastSentMs = 8): Promise<void> {
  const back = { ...ticket, sinceLastSentMs, nextSequence: (ticket.nextSequence + 50) & 0xffff }
  const answer = await stepped.ask(
    { do: 'adopt', portId: 'caller', ticket: { ...back, nextTimestamp: (ticket.nextTimestamp + 8000) >>> 0 } },
    memoryHandle(caller.localPort),
  )
  if (answer.type !== 'done') throw new Error(JSON.stringify(answer))
}

t.test('a released port is cut both ways at once and its sound is overwritten', async (t) => {
  const { stepped, caller, agent, ticket } = await parted()
  t.equal((stepped.handle() as MemoryHandle).localPort, caller.localPort)
  t.equal(stepped.port('agent').source.kind, 'silence', 'who heard it hears comfort silence')
  t.ok(stepped.udp.wipes > 0)
  t.ok(stepped.room.outlet.batch.block.every((octet) => octet === 0))
  const callerHeard = caller.heard().length
  stepped.step(1000)
  t.equal(caller.heard().length, callerHeard, 'nothing is sent to the caller')
  t.ok(agent.level(620, 400) < UNHEARD, 'nothing of the caller is heard')
  t.ok(agent.heard().length > 70, 'the agent is sent quiet packets')
  const last = caller.heard().at(-1)?.octets as Uint8Array
  t.equal(ticket.ssrc, ssrc(last))
  t.equal(ticket.nextSequence, (sequence(last) + 1) & 0xffff)
  t.equal(ticket.nextTimestamp, (timestamp(last) + 160) >>> 0)
  t.same(ticket.latched, { address: caller.address, rtpPort: caller.port })
  t.equal(ticket.remoteSsrc, caller.ssrc)
  t.match(await stepped.ask({ do: 'release', portId: 'caller' }), { fault: 'media.not-released' })
})

t.test('what had been received before the release is heard by nobody', async (t) => {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { humHz: 620 })
  const agent = await stepped.phone('agent')
  await stepped.join('caller', 'agent')
  caller.say()
  await stepped.ask({ do: 'release', portId: 'caller' })
  stepped.step(20)
  t.equal(agent.heard().filter(({ octets }) => octets.length === 172).length, 1, 'comfort silence')
  t.ok(agent.level(620, 20) < UNHEARD)
  t.equal(stepped.port('caller').packetsReceived, 1)
})

t.test('what had come of another call before the release reaches its far end whole', async (t) => {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { humHz: 620 })
  await stepped.phone('agent')
  await stepped.join('caller', 'agent')
  const other = await stepped.phone('other caller', { humHz: 540 })
  const otherAgent = await stepped.phone('other agent')
  await stepped.join('other caller', 'other agent')
  caller.say()
  other.say()
  await stepped.ask({ do: 'release', portId: 'caller' })
  stepped.step(10)
  t.equal(otherAgent.heard().length, 1)
  t.ok(otherAgent.level(540, 20) > -20)
})

t.test('an assignment while the socket is away joins nobody, nor does the return', async (t) => {
  const { stepped, caller, agent, ticket } = await parted()
  await stepped.join('caller', 'agent')
  stepped.step(200)
  await giveBack(stepped, caller, ticket)
  const before = caller.heard().length
  stepped.step(500)
  t.ok(agent.level(620, 300) < UNHEARD)
  t.equal(stepped.port('agent').source.kind, 'silence')
  t.ok(caller.heard().length > before, 'the caller was assigned the agent, whose sound is no secret')
})

t.test('the stream goes on from the ticket with the time that passed', async (t) => {
  const { stepped, caller, agent, ticket } = await parted()
  stepped.step(1000)
  await giveBack(stepped, caller, ticket)
  await stepped.join('caller', 'agent')
  const before = caller.heard().length
  stepped.step(600)
  const first = caller.heard()[before]?.octets as Uint8Array
  t.equal(ssrc(first), ticket.ssrc)
  t.equal(sequence(first), (ticket.nextSequence + 50) & 0xffff)
  const gap = (timestamp(first) - (ticket.nextTimestamp + 8000)) | 0
  t.ok(gap >= 0 && gap <= 240, `timestamp goes on, ${gap} units later`)
  t.same(seamsOf(caller.heard().slice(before)), [])
  t.ok(caller.level(440, 200) > -20)
  t.ok(agent.level(620, 200) > -20)
  t.match(await stepped.ask({ do: 'stats', portId: 'caller' }), { stats: { packetsLost: 0 } })
})

t.test('a key pressed before the return is not relayed, the next one is', async (t) => {
  const { stepped, caller, agent, ticket } = await parted()
  caller.talking = false
  await giveBack(stepped, caller, ticket)
  await stepped.join('caller', 'agent')
  const events = () => agent.heard().filter(({ octets }) => payloadType(octets) === 101).length
  const old = caller.timestamp
  for (let i = 3; i <= 20; i++) {
    caller.event(4, old, i * 160, i > 18)
    stepped.step(20)
  }
  caller.event(4, old, 20 * 160, true)
  stepped.step(20)
  t.equal(events(), 0)
  const next = (old + 30 * 160) >>> 0
  for (let i = 1; i <= 5; i++) {
    caller.event(5, next, i * 160, i === 5)
    stepped.step(20)
  }
  t.equal(events(), 5)
})

t.test(
  'the end of an old key that comes late, and the next segment of a very long one, are old keys too',
  async (t) => {
    const { stepped, caller, agent, ticket } = await parted()
    caller.talking = false
    await giveBack(stepped, caller, ticket)
    await stepped.join('caller', 'agent')
    stepped.step(100)
    caller.event(4, 5000, 1600, true)
    caller.event(4, 5000, 0xffff)
    caller.event(4, 5000 + 0xffff, 160)
    stepped.step(20)
    t.equal(agent.heard().filter(({ octets }) => payloadType(octets) === 101).length, 0)
  },
)

t.test('a key that still sounds when the socket returns is muted to its end', async (t) => {
  const { stepped, caller, agent, ticket } = await parted()
  caller.talking = false
  await giveBack(stepped, caller, ticket)
  await stepped.join('caller', 'agent')
  const pcm = new Int16Array(8000)
  writeKey(pcm, 0, 5, 500, -8, 8000)
  const packet = new Uint8Array(172)
  for (let i = 0; i < 50; i++) {
    packet[0] = 0x80
    packet[1] = 8
    packet[2] = caller.sequence >> 8
    packet[3] = caller.sequence
    new DataView(packet.buffer).setUint32(4, caller.timestamp)
    new DataView(packet.buffer).setUint32(8, caller.ssrc)
    const piece = new Uint8Array(160)
    encodePcma(pcm.subarray(i * 160, i * 160 + 160), 160, piece, 0)
    packet.set(piece, 12)
    caller.raw(packet)
    caller.sequence = (caller.sequence + 1) & 0xffff
    caller.timestamp = (caller.timestamp + 160) >>> 0
    stepped.step(20)
  }
  t.ok(agent.level(lowHz(5), 900) < UNHEARD, `low ${agent.level(lowHz(5), 900)}`)
  t.ok(agent.level(highHz(5), 900) < UNHEARD)
  caller.talking = true
  stepped.step(300)
  t.ok(agent.level(620, 200) > -20, 'and speech after it is heard')
})

t.test('a port whose socket is lost gets fresh ones and a stream of its own', async (t) => {
  const { stepped, caller, agent, ticket } = await parted()
  const renewed = await stepped.ask({ do: 'renew', portId: 'caller' })
  t.equal(renewed.type, 'opened')
  t.not(renewed.type === 'opened' && renewed.rtpPort, caller.localPort)
  await stepped.join('caller', 'agent')
  stepped.step(200)
  const last = caller.heard().at(-1)
  t.equal(last?.fromPort, renewed.type === 'opened' && renewed.rtpPort)
  t.not(ssrc(last?.octets as Uint8Array), ticket.ssrc)
  t.ok(agent.heard().length > 0)
})

t.test('the numbers of a port are its own, and go on: across a handover, and on fresh sockets', async (t) => {
  const { stepped, caller, ticket } = await parted()
  const numbers = async () => {
    const answer = await stepped.ask({ do: 'stats', portId: 'caller' })
    if (answer.type !== 'stats') throw new Error(answer.type)
    return answer.stats
  }
  const { packetsSent, octetsSent } = ticket
  await giveBack(stepped, caller, { ...ticket, packetsSent: packetsSent + 500, octetsSent: octetsSent + 80_000 })
  await stepped.join('caller', 'agent')
  stepped.step(1000)
  const back = await numbers()
  t.equal(back.packetsSent, caller.heard().length, 'without what a vault sent')
  t.equal(back.octetsSent, caller.heard().length * 160)
  t.equal(back.sources, 1, 'the source is the one that it was')
  const { flow } = stepped.port('caller')
  t.equal(flow.packetsSent, caller.heard().length + 500, 'reports count that, too')

  const block = { ssrc: flow.ssrc >>> 0, fractionLost: 9, lost: 20, extendedHighest: 9, jitter: 80 }
  const report = { ssrc: caller.ssrc, cname: 'x', block: { ...block, lastSr: 0, delaySinceLastSr: 0 } }
  const out = new Uint8Array(400)
  const length = writeReceiverReport(out, report)
  stepped.udp.deliver(caller.localPort + 1, out.slice(0, length), caller.address, caller.port + 1)
  stepped.step(5)
  t.match(await numbers(), { farEnd: { packetsLost: 20 } })
  await stepped.ask({ do: 'release', portId: 'caller' })
  const renewed = await stepped.ask({ do: 'renew', portId: 'caller' })
  const rtpPort = renewed.type === 'opened' ? renewed.rtpPort : 0
  caller.raw = (octets) => stepped.udp.deliver(rtpPort, octets, caller.address, caller.port)
  await stepped.join('caller', 'agent')
  stepped.step(500)
  const fresh = await numbers()
  t.equal(fresh.packetsSent, caller.heard().length)
  t.ok(fresh.packetsSent > back.packetsSent)
  t.equal(fresh.sources, 1)
  t.equal(fresh.farEnd, undefined, 'what was said of the SSRC before is not said of this one')
  t.equal(fresh.mosSent, undefined)
})

t.test('a caller whose socket was lost is heard again at once, and without a seam when the guard goes', async (t) => {
  const { stepped, caller, agent } = await parted()
  caller.talking = false
  const renewed = await stepped.ask({ do: 'renew', portId: 'caller' })
  const rtpPort = renewed.type === 'opened' ? renewed.rtpPort : 0
  caller.raw = (octets) => stepped.udp.deliver(rtpPort, octets, caller.address, caller.port)
  await stepped.join('caller', 'agent')
  const from = agent.heard().length
  caller.talking = true
  stepped.step(250)
  t.ok(agent.level(620, 100) > -20, 'heard within 250 ms')
  t.ok(stepped.port('caller').guard !== undefined)
  stepped.step(21_000)
  t.equal(stepped.port('caller').guard, undefined)
  const heard = agent
    .heard()
    .slice(from)
    .map(({ octets }) => octets)
  t.strictSame(seamsOf(agent.heard().slice(from)), [])
  t.equal(heard.length, 1062 - 3, 'every packet but the first three, which are muted')
})

t.test('a handle that nothing can be done with is closed', async (t) => {
  const { stepped, ticket } = await parted()
  const stray = memoryHandle(1)
  t.match(await stepped.ask({ do: 'adopt', portId: 'agent', ticket }, stray), { fault: 'media.bad-command' })
  const unknown = memoryHandle(2)
  t.match(await stepped.ask({ do: 'adopt', portId: 'nobody', ticket }, unknown), { fault: 'media.unknown-port' })
  const ping = memoryHandle(3)
  await stepped.ask({ do: 'ping' }, ping)
  t.same([stray.closed, unknown.closed, ping.closed], [true, true, true])
  t.match(
    await stepped.ask({ do: 'adopt', portId: 'caller', ticket }),
    { fault: 'media.bad-command' },
    'no socket came',
  )
})

t.test('a port without a stream cannot be given away', async (t) => {
  const stepped = await steppedRoom()
  await stepped.ask({ do: 'open', portId: 'bare', family: 'IPv4' })
  t.match(await stepped.ask({ do: 'release', portId: 'bare' }), { fault: 'media.not-released' })
})
