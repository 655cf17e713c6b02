/** Ports that speak SRTP: what is taken, what leaves, and that neither an attacker nor a change of terms makes it less. */

import t from 'tap'
import { SRTP_SUITES, srtpSuite } from '../../src/base/srtp-suites.ts'
import { isRtp, payloadEnd, payloadStart, payloadType, sequence, ssrc, writeHeader } from '../../src/rtp/packet.ts'
import { parseRtcp, writeReceiverReport } from '../../src/rtp/rtcp.ts'
import { memoryHandle } from '../peers/memory-udp.ts'
import { speakSrtp, srtpEnd, srtpKeys } from '../peers/srtp-end.ts'
import { legs, rtp, SUITE, statsOf, UNHEARD } from '../peers/srtp-legs.ts'
import { seamsOf, steppedRoom } from '../peers/stepped-room.ts'
import { SEED, seeded } from '../rtp/seeded.ts'

for (const { name } of SRTP_SUITES) {
  t.test(`${name}: sound both ways, through wraps, and not a packet in the clear`, async (t) => {
    const { stepped, caller, agent, end } = await legs(name)
    // Ours wraps too.
    stepped.port('caller').flow.nextSequence = 65_530
    caller.talking = true
    agent.talking = true
    stepped.step(2003)
    t.ok(agent.level(620, 400) > -20, 'the agent hears the caller')
    const wire = caller.heard()
    const plain = wire.map((sent) => ({ ...sent, octets: end.open(sent.octets) ?? new Uint8Array(12) }))
    t.ok(plain.length > 90)
    t.same(seamsOf(plain), [], 'the caller is sent one stream')
    t.ok(plain.every(({ octets }) => octets.length === 172))
    const [first] = plain
    t.notSame(wire[0]?.octets.subarray(12, 172), first?.octets.subarray(12))
    stepped.step(6000)
    t.ok(caller.reports().length > 0)
    for (const { octets } of caller.reports()) t.equal(parseRtcp(end.openReport(octets) ?? octets)?.[0]?.type, 'sr')
    const stats = await statsOf(stepped)
    t.match(stats, { forged: 0, replayed: 0, unusable: 0, strangers: 0, packetsLost: 0 })
  })
}

for (const { name } of SRTP_SUITES) {
  t.test(`${name}: a caller in Opus and an agent in G.711, and packets of Opus as long as there are`, async (t) => {
    const stepped = await steppedRoom()
    const end = srtpEnd(srtpKeys(name))
    const caller = await stepped.phone('caller', { humHz: 620, codec: 'OPUS', stream: { srtp: srtpKeys(name) } })
    const agent = await stepped.phone('agent', { humHz: 440 })
    await stepped.join('caller', 'agent')
    speakSrtp(caller, end)
    caller.talking = true
    agent.talking = true
    stepped.step(1503)
    t.ok(agent.level(620, 400) > -20, 'the agent hears the caller')
    const plain = caller.heard().map((sent) => ({ ...sent, octets: end.open(sent.octets) ?? new Uint8Array(12) }))
    t.same(seamsOf(plain), [])
    t.ok(plain.length > 60 && plain.every(({ octets }) => payloadType(octets) === 111 && octets.length > 12))
    t.match(await statsOf(stepped), { forged: 0, replayed: 0, unusable: 0, packetsLost: 0 })

    // 60 ms in three frames of the greatest size that fits a datagram, relayed as it is from one Opus leg to another.
    const other = await stepped.phone('other', { codec: 'OPUS', stream: { srtp: srtpKeys(name, 3, 4) } })
    const otherEnd = srtpEnd(srtpKeys(name, 3, 4))
    await stepped.join('caller', 'other')
    caller.talking = false
    const growth = srtpSuite(name).tagSize
    const long = new Uint8Array(1500 - growth).fill(0x5a)
    writeHeader(long, 111, false, caller.sequence, caller.timestamp, caller.ssrc)
    long.set([0x4b, 3], 12)
    caller.raw(long)
    stepped.step(20)
    const relayed = other.heard().at(-1)?.octets ?? new Uint8Array(0)
    t.equal(relayed.length, 1500)
    t.same(otherEnd.open(relayed)?.subarray(12), long.subarray(12))
  })
}

t.test('a hundred thousand forged packets, and the call goes on', async (t) => {
  const { stepped, caller, agent, end } = await legs()
  const raw = stepped.udp.deliver
  caller.talking = true
  agent.talking = true
  stepped.step(503)
  const good = end.seal(rtp(1, 1234))
  const random = seeded(SEED)
  let sent = 0
  stepped.udp.keeping = false
  for (let round = 0; round < 100; round++) {
    for (let i = 0; i < 1000; i++, sent++) {
      const forged = good.slice()
      // Of the caller's own SSRC and near its sequence numbers half the time, else anything at all.
      if (i % 2 === 0) {
        writeHeader(forged, 8, false, (caller.sequence + i) & 0xffff, caller.timestamp, caller.ssrc)
      } else {
        const at = Math.floor(random() * forged.length)
        forged[at] = (forged[at] as number) ^ (1 + Math.floor(random() * 255))
      }
      raw(caller.localPort, forged, caller.address, caller.port)
    }
    stepped.step(20)
  }
  stepped.udp.keeping = true
  const stats = await statsOf(stepped)
  t.equal(stats.forged + stats.unusable + stats.replayed, sent, 'every one was counted')
  t.ok(stats.forged > sent * 0.9)
  stepped.step(600)
  t.ok(agent.level(620, 300) > -20, 'the call goes on')
  t.equal((await statsOf(stepped)).packetsLost, 0)
})

t.test('replayed packets, another SSRC under no key, and packets in the clear', async (t) => {
  const { stepped, caller, agent } = await legs()
  const taken: Uint8Array[] = []
  const { deliver } = stepped.udp
  stepped.udp.deliver = (port, octets, ...from) => {
    if (port === caller.localPort) taken.push(octets.slice())
    deliver(port, octets, ...from)
  }
  caller.talking = true
  stepped.step(1000)
  caller.talking = false
  const heard = agent.heard().length
  for (const packet of taken.slice()) deliver(caller.localPort, packet, caller.address, caller.port)
  stepped.step(20)
  t.equal((await statsOf(stepped)).replayed, taken.length)
  deliver(caller.localPort, srtpEnd(srtpKeys(SUITE, 3, 4)).seal(rtp(7, 4711)), caller.address, caller.port)
  for (const plain of [rtp(caller.sequence, caller.ssrc), rtp(1)]) {
    deliver(caller.localPort, plain, caller.address, caller.port)
  }
  stepped.step(20)
  t.equal((await statsOf(stepped)).forged, 3)
  t.equal(agent.heard().length, heard, 'none of them was relayed')
  t.equal(stepped.port('caller').remoteSsrc, caller.ssrc | 0)
})

t.test('a late SSRC of the far end is taken up', async (t) => {
  const { stepped, caller, agent } = await legs()
  caller.talking = true
  stepped.step(500)
  caller.ssrc = 0xfeed_beef
  caller.sequence = 65_530
  stepped.step(1000)
  t.ok(agent.level(620, 400) > -20)
  t.equal((await statsOf(stepped)).forged, 0)
})

t.test(
  'only what is authenticated latches, and what is authenticated is followed once the far end fell silent',
  async (t) => {
    const { stepped, caller, end } = await legs()
    await stepped.assign({ portId: 'caller', source: { kind: 'hold-music' } })
    const { deliver } = stepped.udp
    deliver(caller.localPort, rtp(1), '203.0.113.9', 9)
    stepped.step(5)
    t.equal(stepped.port('caller').latch.latched, false)
    deliver(caller.localPort, end.seal(rtp(1)), '203.0.113.1', 1111)
    stepped.step(5)
    t.match(stepped.port('caller').latch, { latched: true, address: '203.0.113.1', rtpPort: 1111 })
    const copy = end.seal(rtp(2))
    deliver(caller.localPort, copy, '203.0.113.9', 9)
    stepped.step(5)
    t.match(stepped.port('caller').latch, { address: '203.0.113.1' }, 'a copy from elsewhere is a stranger')
    deliver(caller.localPort, copy, '203.0.113.1', 1111)
    stepped.step(1500)
    t.equal((await statsOf(stepped)).packetsReceived, 2, 'and does not use the packet up')
    for (const octets of [rtp(3), copy]) deliver(caller.localPort, octets, '203.0.113.9', 9)
    stepped.step(5)
    t.match(
      stepped.port('caller').latch,
      { address: '203.0.113.1' },
      'neither forged nor replayed packets are followed',
    )
    deliver(caller.localPort, end.seal(rtp(3)), '203.0.113.2', 2222)
    stepped.step(25)
    t.match(stepped.port('caller').latch, { address: '203.0.113.2', rtpPort: 2222 })
    t.match(stepped.udp.sent.at(-1), { address: '203.0.113.2', port: 2222 })
  },
)

t.test('the address of the session description alone, where that is the policy', async (t) => {
  const { stepped, caller, end } = await legs(SUITE, { latch: 'sdp' })
  stepped.udp.deliver(caller.localPort, end.seal(rtp(1)), caller.address, caller.port)
  stepped.step(5000)
  stepped.udp.deliver(caller.localPort, end.seal(rtp(2)), '203.0.113.2', 2222)
  stepped.step(5)
  t.match(stepped.port('caller').latch, { address: caller.address, rtpPort: caller.port })
  t.equal((await statsOf(stepped)).strangers, 1)
})

t.test('reports: forged and plain ones teach nothing', async (t) => {
  const { stepped, caller, agent, end } = await legs()
  caller.talking = true
  agent.talking = true
  stepped.step(500)
  const out = new Uint8Array(400)
  const report = out.slice(0, writeReceiverReport(out, { ssrc: caller.ssrc, cname: 'x', block: undefined }))
  const send = (octets: Uint8Array) =>
    stepped.udp.deliver(caller.localPort + 1, octets, caller.address, caller.port + 1)
  const before = stepped.port('caller').latch.heardRtcpPort
  send(report)
  stepped.step(5)
  t.equal(stepped.port('caller').latch.heardRtcpPort, before)
  t.ok((await statsOf(stepped)).unusable + (await statsOf(stepped)).forged > 0)
  send(end.sealReport(report))
  stepped.step(5)
  t.equal(stepped.port('caller').latch.heardRtcpPort, caller.port + 1)
})

t.test('the far end lets its key open so many packets, and no more', async (t) => {
  const { stepped, caller, agent } = await legs(SUITE, { srtp: { ...srtpKeys(SUITE), receiveLifetime: 20 } })
  caller.talking = true
  stepped.step(1003)
  t.equal(agent.heard().length, 20)
  t.ok((await statsOf(stepped)).unusable >= 30)
})

t.test('a port that was renewed finds the far end again, however far it went meanwhile', async (t) => {
  const { stepped, caller, agent, end } = await legs()
  caller.talking = true
  agent.talking = true
  stepped.step(500)
  await stepped.ask({ do: 'release', portId: 'caller' })
  // What the vault that died had heard.
  caller.talking = false
  const { raw } = caller
  caller.raw = (octets) => void end.seal(octets)
  for (let i = 0; i < 150_000; i++) caller.raw(rtp((caller.sequence + i) & 0xffff, caller.ssrc))
  caller.raw = raw
  caller.sequence = (caller.sequence + 150_000) & 0xffff
  const opened = await stepped.ask({ do: 'renew', portId: 'caller' })
  if (opened.type !== 'opened') throw new Error(opened.type)
  const before = caller.heard().length
  await stepped.join('caller', 'agent')
  for (let i = 0; i < 60; i++) {
    const packet = rtp(caller.sequence++ & 0xffff, caller.ssrc)
    stepped.udp.deliver(opened.rtpPort, end.seal(packet), caller.address, caller.port)
    stepped.step(20)
  }
  t.match(await statsOf(stepped), { forged: 0, replayed: 0 })
  const ours = caller
    .heard()
    .slice(before)
    .map(({ octets }) => end.open(octets))
  t.ok(ours.length > 40 && ours.every((packet) => packet !== undefined && isRtp(packet)))
  t.equal(new Set(ours.map((packet) => ssrc(packet ?? new Uint8Array(12)))).size, 1)
})

t.test('the goodbye is protected, and the keys are overwritten', async (t) => {
  const { stepped, caller, end, keys } = await legs()
  caller.talking = true
  stepped.step(100)
  await stepped.ask({ do: 'close', portId: 'caller' })
  const bye = parseRtcp(end.openReport(caller.reports().at(-1)?.octets ?? new Uint8Array(20)) ?? new Uint8Array(0))
  t.ok(bye?.some(({ type }) => type === 'bye'))
  for (const key of [keys.sendMaster, keys.receiveMaster]) t.ok(key.every((octet) => octet === 0))
})

t.test('the ticket says where both directions stand, and the stream goes on from it', async (t) => {
  const { stepped, caller, agent, end } = await legs('AEAD_AES_256_GCM')
  caller.sequence = 65_500
  caller.talking = true
  agent.talking = true
  stepped.step(1003)
  for (const { octets } of caller.heard()) end.open(octets)
  // One more that came before the release, and is in nobody's ears.
  caller.say()
  const released = await stepped.ask({ do: 'release', portId: 'caller' })
  if (released.type !== 'released' || released.ticket.srtp === undefined) throw new Error('no state')
  const { sent, received, earlier, opened } = released.ticket.srtp
  const last = caller.heard().at(-1)?.octets as Uint8Array
  t.strictSame(
    sent.map(({ index }) => index % 65_536),
    [sequence(last)],
  )
  t.strictSame(
    received.map(({ ssrc: source, index }) => [source, index]),
    [[caller.ssrc, 65_536 + caller.sequence - 1]],
  )
  t.equal(opened, stepped.port('caller').packetsReceived)
  // Somebody else took forty packets, and sent forty.
  for (let i = 0; i < 40; i++) end.seal(rtp(caller.sequence++ & 0xffff, caller.ssrc))
  const move = (state: typeof sent) => state.map((row) => ({ ...row, index: row.index + 40, recent: 0xffff_ffff }))
  const back = {
    ...released.ticket,
    stream: { ...released.ticket.stream, srtp: srtpKeys('AEAD_AES_256_GCM') },
    nextSequence: (released.ticket.nextSequence + 40) & 0xffff,
    srtp: { sent: move(sent), received: move(received), earlier, opened: opened + 40 },
  }
  await stepped.ask({ do: 'adopt', portId: 'caller', ticket: back }, memoryHandle(caller.localPort))
  await stepped.join('caller', 'agent')
  const before = caller.heard().length
  stepped.step(1500)
  t.match(await statsOf(stepped), { forged: 0, replayed: 0 })
  t.ok(agent.level(620, 300) > -20)
  const ours = caller.heard().slice(before)
  t.ok(ours.length > 50)
  t.equal(ours.filter(({ octets }) => end.open(octets) !== undefined).length, ours.length)
  t.ok(agent.level(440, 200) < UNHEARD)
})

t.test('payload ends where the plain packet ends', async (t) => {
  const { stepped, agent, caller } = await legs('AES_CM_128_HMAC_SHA1_32')
  caller.talking = true
  stepped.step(200)
  for (const { octets } of agent.heard()) t.equal(payloadEnd(octets) - payloadStart(octets), 160)
})
