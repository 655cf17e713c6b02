/** The caller's line under SRTP while a vault has it: taken over from the media process, kept, and given back, across wraps of both counters. */

import t from 'tap'
import { SRTP_SUITES } from '../../src/base/srtp-suites.ts'
import type { Ticket } from '../../src/media/contract.ts'
import { HEADER_SIZE, sequence, ssrc, writeHeader } from '../../src/rtp/packet.ts'
import { dgramSockets } from '../../src/vault/caller-sockets.ts'
import { openKey } from '../../src/vault/key.ts'
import { Keypad } from '../../src/vault/keypad.ts'
import { Line } from '../../src/vault/line.ts'
import { LineProtection } from '../../src/vault/line-protection.ts'
import { Voice } from '../../src/vault/voice.ts'
import { memoryHandle } from '../peers/memory-udp.ts'
import { pressPackets } from '../peers/press-packets.ts'
import { speakSrtp, srtpEnd, srtpKeys } from '../peers/srtp-end.ts'
import { steppedClock } from '../peers/stepped-clock.ts'
import { steppedRoom } from '../peers/stepped-room.ts'
import { ticketFor } from './bench.ts'

const HERE = '127.0.0.1'
const PORT = 4000
const SUITE = 'AEAD_AES_128_GCM'
const NOTHING = { sent: [], received: [], earlier: [], opened: 0 }

function listening(change: Partial<Ticket> = {}) {
  const keys: number[] = []
  const protection = new LineProtection(srtpKeys(SUITE), NOTHING)
  const ticket = { ...ticketFor('PCMA', PORT, 5000), ...change }
  const keypad = new Keypad(ticket, 0, (key) => keys.push(openKey(key)), protection)
  return { keypad, keys, protection, end: srtpEnd(srtpKeys(SUITE)) }
}

t.test('keys are heard out of packets that the far end made, and every octet is overwritten', async (t) => {
  const { keypad, keys, end } = listening()
  const packets = pressPackets([4, 0, 1, 11]).map((packet) => end.seal(packet).slice())
  packets.forEach((packet, i) => {
    keypad.accept(packet, HERE, PORT, i * 20)
  })
  t.same(keys, [4, 0, 1, 11])
  t.ok(packets.every((packet) => packet.every((octet) => octet === 0)))
  keypad.close()
})

t.test('neither plain, forged nor replayed packets press a key', async (t) => {
  const { keypad, keys, end } = listening()
  const plain = pressPackets([5])
  const sealed = plain.map((packet) => end.seal(packet).slice())
  const feed = (packets: readonly Uint8Array[]) => {
    for (const packet of packets) keypad.accept(packet.slice(), HERE, PORT, 20)
  }
  feed(plain)
  feed(sealed.map((packet) => packet.map((octet, at) => (at === 13 ? octet ^ 1 : octet))))
  feed(pressPackets([6]).map((packet) => srtpEnd(srtpKeys(SUITE, 3, 4)).seal(packet)))
  t.same(keys, [])
  feed(sealed)
  t.same(keys, [5])
  keypad.wipe()
  feed(sealed)
  t.same(keys, [5], 'replayed after everything was forgotten')
  keypad.close()
})

t.test(
  'a far end that counts on at a new key is heard, though nothing came under it before the handover',
  async (t) => {
    const [packet = new Uint8Array()] = pressPackets([2])
    const before = { ssrc: ssrc(packet), index: 65_536 + sequence(packet) - 1, recent: 1, older: 0 }
    const protection = new LineProtection(srtpKeys(SUITE), { ...NOTHING, earlier: [before] })
    t.same(protection.state.earlier, [before], 'whom it is given back to has to know it, too')
    t.ok(protection.open(srtpEnd(srtpKeys(SUITE), [before]).seal(packet).slice()) > 0)
    t.match(protection.state, { received: [{ index: before.index + 1 }], earlier: [] })
    protection.wipe()
  },
)

t.test('a copy from elsewhere neither presses a key nor uses the packet up', async (t) => {
  const { keypad, keys, end } = listening()
  for (const packet of pressPackets([8])) {
    const sealed = end.seal(packet).slice()
    keypad.accept(sealed.slice(), '203.0.113.9', 9, 20)
    keypad.accept(sealed, HERE, PORT, 21)
  }
  t.same(keys, [8])
  keypad.close()
})

t.test('only an authenticated packet makes the source where there is none yet', async (t) => {
  const { latched: _, ...base } = ticketFor('PCMA', PORT, 5000)
  const protection = new LineProtection(srtpKeys(SUITE), NOTHING)
  const keypad = new Keypad(base, 0, () => undefined, protection)
  const [packet] = pressPackets([1])
  keypad.accept((packet as Uint8Array).slice(), '203.0.113.9', 9, 20)
  t.equal(keypad.latched, undefined)
  keypad.accept(srtpEnd(srtpKeys(SUITE)).seal(packet as Uint8Array), HERE, PORT, 20)
  t.same(keypad.latched, { address: HERE, rtpPort: PORT })
  keypad.close()
})

t.test('keys without their state are a defect: to begin anew would use an index twice', async (t) => {
  const base = ticketFor('PCMA', PORT, 5000)
  const ticket = { ...base, stream: { ...base.stream, srtp: srtpKeys(SUITE) } }
  const make = () =>
    new Line(
      {
        handle: memoryHandle(1),
        ticket,
        clock: steppedClock(),
        onOpen: () => undefined,
        onKey: () => undefined,
        onPlayed: () => undefined,
        onBroken: () => undefined,
      },
      dgramSockets(),
    )
  t.throws(make, TypeError)
})

t.test('its keys are overwritten, those of the ticket too', async (t) => {
  const keys = srtpKeys(SUITE)
  const protection = new LineProtection(keys, NOTHING)
  protection.wipe()
  protection.wipe()
  for (const key of [keys.sendMaster, keys.receiveMaster]) t.ok(key.every((octet) => octet === 0))
})

for (const { name } of SRTP_SUITES) {
  t.test(`${name}: from media to a vault and back, both counters wrap while the vault has them`, async (t) => {
    const stepped = await steppedRoom()
    const end = srtpEnd(srtpKeys(name))
    const caller = await stepped.phone('caller', { humHz: 620, stream: { srtp: srtpKeys(name), latch: 'first' } })
    const agent = await stepped.phone('agent', { humHz: 440 })
    await stepped.join('caller', 'agent')
    speakSrtp(caller, end)
    caller.sequence = 65_400
    stepped.port('caller').flow.nextSequence = 65_450
    caller.talking = true
    agent.talking = true
    stepped.step(1003)
    caller.talking = false
    for (const { octets } of caller.heard()) t.ok(end.open(octets))
    const released = await stepped.ask({ do: 'release', portId: 'caller' })
    if (released.type !== 'released' || released.ticket.srtp === undefined) throw new Error('no state')

    const ticket = structuredClone(released.ticket)
    const { srtp: keys } = ticket.stream
    if (keys === undefined || ticket.srtp === undefined) throw new Error('no keys')
    const protection = new LineProtection(keys, ticket.srtp)
    const pressed: number[] = []
    const keypad = new Keypad(ticket, 0, (key) => pressed.push(openKey(key)), protection)
    const sent: Uint8Array[] = []
    const voice = new Voice({
      ticket,
      nowMs: 0,
      room: protection.growth,
      send: (packet, size) => void sent.push(Uint8Array.from(packet.subarray(0, protection.protect(packet, size)))),
      onPlayed: () => undefined,
    })
    const digits = [4, 0, 1, 2, 8, 8, 8, 8, 11]
    let nowMs = 0
    for (const [i, packet] of pressPackets(digits, { from: caller.sequence }).entries()) {
      writeHeader(
        packet,
        101,
        false,
        (caller.sequence + i) & 0xffff,
        (packet[7] as number) | ((packet[6] as number) << 8),
        caller.ssrc,
      )
      keypad.accept(end.seal(packet), caller.address, caller.port, nowMs)
      nowMs += 20
    }
    for (; caller.sequence >= 60_000; caller.sequence = (caller.sequence + 1) & 0xffff) {
      const packet = new Uint8Array(HEADER_SIZE + 160).fill(0xd5)
      writeHeader(packet, 8, false, (caller.sequence + 60) & 0xffff, nowMs * 8, caller.ssrc)
      keypad.accept(end.seal(packet), caller.address, caller.port, nowMs)
      nowMs += 20
    }
    caller.sequence += 60
    t.same(pressed, digits)
    for (let ms = 0; ms < 3000; ms += 10) voice.tick(ms)
    const opened = sent.map((packet) => end.open(packet))
    t.ok(opened.length > 140 && opened.every((packet) => packet !== undefined))
    t.ok(sequence(sent.at(-1) as Uint8Array) < 1000, 'ours wrapped there')

    const back = { ...voice.ticket(3000, keypad.latched, keypad.remoteSsrc), srtp: protection.state }
    const ours = structuredClone(back)
    keypad.close()
    protection.wipe()
    await stepped.ask({ do: 'adopt', portId: 'caller', ticket: ours }, memoryHandle(caller.localPort))
    await stepped.join('caller', 'agent')
    const before = caller.heard().length
    caller.talking = true
    stepped.step(2003)
    const stats = await stepped.ask({ do: 'stats', portId: 'caller' })
    t.match(stats, { stats: { forged: 0, replayed: 0 } })
    t.ok(agent.level(620, 300) > -20, 'the agent hears the caller again')
    const after = caller.heard().slice(before)
    t.ok(after.length > 50)
    t.equal(after.filter(({ octets }) => end.open(octets) !== undefined).length, after.length)
  })
}
