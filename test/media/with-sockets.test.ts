/** A forked media process between two phones on loopback: bridge, hold, hand over and back, as control and a vault would do it. */

import t from 'tap'
import { handleOf, socketOf, type UdpHandle } from '../../src/base/udp-handle.ts'
import { watchHoldUps } from '../../src/demo/hold-ups.ts'
import { openRtpPhone } from '../../src/demo/rtp-phone.ts'
import { longestGapMs, seamsOf } from '../../src/demo/stream-seams.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import type { PortStats, Ticket } from '../../src/media/contract.ts'
import type { MediaPort } from '../../src/media/pool.ts'
import { writeHeader } from '../../src/rtp/packet.ts'
import { bridge, ignore, MUSIC_HZ, makePool, streamTo } from '../peers/media-pool.ts'
import { implementations, type Torn } from '../peers/udp-implementations.ts'

const CALLER_HZ = 620
const AGENT_HZ = 440
const HEARD_DBM0 = -20
const UNHEARD_DBM0 = -45
/** Sound takes its time, and on a busy machine more. */
const LIMIT_MS = 10_000

/** What a vault does with the socket, as far as media can see: reads everything, goes on with the stream, gives both back. */
async function vault(t: Torn, ticket: Ticket, handle: UdpHandle) {
  const received: Buffer[] = []
  const socket = await new Promise<Parameters<Parameters<typeof socketOf>[2]>[0]>((resolve) =>
    socketOf(handle, ticket.family, resolve),
  )
  socket.on('message', (packet) => received.push(packet))
  // Neither keeps a test that failed from ending.
  socket.unref()
  t.teardown(() => clearInterval(timer))
  let { nextSequence, nextTimestamp, packetsSent, octetsSent } = ticket
  let lastMs = performance.now()
  const to = ticket.latched ?? ticket.stream.remote
  const timer = setInterval(() => {
    const packet = Buffer.alloc(172, 0xd5)
    writeHeader(packet, ticket.stream.sendPayloadType, false, nextSequence, nextTimestamp, ticket.ssrc)
    socket.send(packet, to.rtpPort, to.address)
    nextSequence = (nextSequence + 1) & 0xffff
    nextTimestamp = (nextTimestamp + 160) >>> 0
    packetsSent++
    octetsSent += 160
    lastMs = performance.now()
  }, 20)
  return {
    received,
    giveBack() {
      clearInterval(timer)
      const back = handleOf(socket)
      socket.removeAllListeners('message')
      const ticketBack: Ticket = {
        ...ticket,
        nextSequence,
        nextTimestamp,
        packetsSent,
        octetsSent,
        sinceLastSentMs: performance.now() - lastMs,
      }
      return { ticket: ticketBack, handle: back }
    },
  }
}

for (const { name } of implementations) {
  t.test(`${name}: a call is bridged, parted into a vault, and joined again without a seam`, async (t) => {
    const pool = makePool({ packetIo: name })
    await pool.start()
    t.teardown(() => pool.close())
    const holdUps = watchHoldUps(() => pool.processIds)
    t.teardown(() => holdUps.close())
    const caller = await openRtpPhone({ humHz: CALLER_HZ })
    const agent = await openRtpPhone({ humHz: AGENT_HZ })
    t.teardown(() => Promise.all([caller.close(), agent.close()]))
    const { place, callerPort, agentPort, join } = await bridge(pool, caller, agent)

    const hearEachOther = () => agent.levelOf(CALLER_HZ, 200) > HEARD_DBM0 && caller.levelOf(AGENT_HZ, 200) > HEARD_DBM0
    await until(hearEachOther, 'sound both ways', LIMIT_MS)
    t.ok(agent.levelOf(AGENT_HZ, 200) < UNHEARD_DBM0, 'and not itself')

    // Part.
    const partedMs = performance.now()
    await place.assign([{ portId: agentPort.portId, source: { kind: 'hold-music' } }])
    const before = await callerPort.stats()
    const { ticket, handle } = await callerPort.release()
    const inVault = await vault(t, ticket, handle)
    const firstMusic = () => agent.heard.findIndex(({ arrivedMs, marker }) => arrivedMs > partedMs && marker)
    // Twice as many packets as are listened to.
    await until(() => firstMusic() >= 0 && agent.heard.length >= firstMusic() + 20, 'music to the agent', LIMIT_MS)
    t.ok(agent.levelOf(MUSIC_HZ, 200) > HEARD_DBM0, 'the agent hears music')
    t.ok(agent.levelOf(CALLER_HZ, 200) < UNHEARD_DBM0, 'and nothing of the caller')
    const musicMs = agent.heard[firstMusic()]?.arrivedMs ?? Number.POSITIVE_INFINITY
    t.ok(musicMs - partedMs - holdUps.heldMs(partedMs, musicMs) < 40, 'music begins at once, marked')
    await until(() => inVault.received.length > 15, 'the caller in the vault', LIMIT_MS)

    // Assigned too early, the caller is not joined by its return.
    await place.assign(join)
    const callerSent = caller.sent
    const back = inVault.giveBack()
    await callerPort.adopt(back.ticket, back.handle)
    const heardBefore = agent.heard.length
    await until(() => agent.heard.length > heardBefore + 8, 'quiet packets to the agent', LIMIT_MS)
    t.ok(agent.levelOf(CALLER_HZ, 100) < UNHEARD_DBM0, 'a return joins nobody')
    await place.assign(join.map((each) => ({ ...each, chime: each.portId === agentPort.portId })))
    await until(hearEachOther, 'sound both ways again', LIMIT_MS)

    caller.hush()
    agent.hush()
    const after = await statsWith(callerPort, caller.sent - inVault.received.length)
    const agentHeard = [...agent.heard]
    const callerHeard = [...caller.heard]
    t.equal(
      after.packetsReceived + inVault.received.length,
      caller.sent,
      'no packet of the caller is lost or seen twice',
    )
    t.ok(callerSent > before.packetsReceived, 'the caller never stopped')
    t.same(seamsOf(callerHeard), [], 'one stream to the caller')
    t.same(seamsOf(agentHeard), [], 'one stream to the agent')
    const longest = longestGapMs(agentHeard, 5, holdUps.heldMs)
    t.ok(
      longest < 60,
      `no gap to the agent: ${longest.toFixed(1)} ms, ${longestGapMs(agentHeard, 5).toFixed(1)} with hold-ups of the listener`,
    )
    t.equal(after.packetsLost, 0)
    place.close()
    await until(() => agent.reports.some(saysGoodbye), 'BYE')
  })
}

/** The numbers of a port once it has taken so many packets; as they are when it does not. */
async function statsWith(port: MediaPort, packets: number): Promise<PortStats> {
  for (const endMs = performance.now() + LIMIT_MS; ; ) {
    const stats = await port.stats()
    if (stats.packetsReceived >= packets || performance.now() > endMs) return stats
    await pause(10)
  }
}

function saysGoodbye(report: Uint8Array): boolean {
  return report.length > 8 && report[report.length - 7] === 203
}

for (const { name } of implementations) {
  t.test(`${name}: twenty handovers back and forth, a packet every 2 ms: none is lost, none seen twice`, async (t) => {
    const pool = makePool({ packetIo: name })
    await pool.start()
    t.teardown(() => pool.close())
    const place = pool.place()
    const port = await place.open('IPv4', ignore)
    // Its numbers and those of the flood are near to each other: a jump would be dropped until the next packet follows it.
    const phone = await openRtpPhone({ sequence: 0 })
    t.teardown(() => phone.close())
    await port.stream(streamTo(phone))
    phone.talkTo('127.0.0.1', port.rtpPort)
    await until(() => phone.sent > 2, 'first packets')
    phone.hush()
    let seq = 100
    const packet = new Uint8Array(172)
    const flood = setInterval(() => {
      writeHeader(packet, 8, false, seq, seq * 16, phone.ssrc)
      seq = (seq + 1) & 0xffff
      phone.sendRaw(packet)
    }, 2)
    t.teardown(() => clearInterval(flood))
    let received = 0
    for (let i = 0; i < 20; i++) {
      const { ticket, handle } = await port.release()
      const inVault = await vault(t, ticket, handle)
      await until(() => inVault.received.length > 3, 'packets in the vault', LIMIT_MS)
      const back = inVault.giveBack()
      received += inVault.received.length
      await port.adopt(back.ticket, back.handle)
      await pause(15)
    }
    clearInterval(flood)
    const stats = await statsWith(port, phone.sent - received)
    t.equal(stats.packetsReceived + received, phone.sent)
    t.ok(received > 60, `${received} of ${phone.sent} in the vault`)
  })
}

t.test('keys of the agent are told, in sound and as events, and never those of the caller', async (t) => {
  const pool = makePool()
  await pool.start()
  t.teardown(() => pool.close())
  const caller = await openRtpPhone()
  const agent = await openRtpPhone()
  t.teardown(() => Promise.all([caller.close(), agent.close()]))
  const keys: number[] = []
  const { agentPort } = await bridge(pool, caller, agent, keys)
  await agentPort.listen(true)
  await agent.press([10, 7], 'in-band')
  await caller.press([1, 2], 'in-band')
  await agent.press([1])
  await until(() => keys.length >= 3, 'keys')
  t.same(keys, [10, 7, 1])
})
