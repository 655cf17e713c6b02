/** A forked media process between two phones on loopback: bridge, hold, hand over and back, as control and a vault would do it. */

import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { clockFrom } from '../../src/base/clock.ts'
import { handleOf, socketOf, type UdpHandle } from '../../src/base/udp-handle.ts'
import { watchHoldUps } from '../../src/demo/hold-ups.ts'
import { longestGapMs, openRtpPhone, pause, type RtpPhone, seamsOf, until } from '../../src/demo/rtp-phone.ts'
import { createMediaPool } from '../../src/media/client.ts'
import type { Stream, Ticket } from '../../src/media/contract.ts'
import type { MediaPool, PortEvents } from '../../src/media/pool.ts'
import { writeHeader } from '../../src/rtp/packet.ts'
import { writeSine } from '../../src/rtp/tone.ts'
import { writeWav } from '../../src/rtp/wav.ts'

const ENTRY = fileURLToPath(new URL('../../src/media.ts', import.meta.url))
const CALLER_HZ = 620
const AGENT_HZ = 440
const MUSIC_HZ = 1000
const HEARD_DBM0 = -20
const UNHEARD_DBM0 = -45
const ignore: PortEvents = { onKey: () => undefined, onQuiet: () => undefined }

const folder = mkdtempSync(join(tmpdir(), 'sotto-media-'))
const holdMusicFile = join(folder, 'music.wav')
const music = new Int16Array(8000 * 5)
writeSine(music, 0, music.length, MUSIC_HZ, -13, 8000)
writeFileSync(holdMusicFile, writeWav(music, 8000))
t.teardown(() => rmSync(folder, { recursive: true }))

const clock = clockFrom({ now: () => performance.now(), setTimeout, clearTimeout })

// Below the ephemeral ports, and apart from another run of the same test.
let nextRange = 11_000 + (process.pid % 40) * 400
function makePool(processes = 1): MediaPool {
  nextRange += 200
  return createMediaPool({
    processes,
    configure: { address: '127.0.0.1', portMin: nextRange, portMax: nextRange + 99, holdMusicFile },
    entry: ENTRY,
    fork,
    clock,
    onEvent: () => undefined,
  })
}

function streamTo(peer: RtpPhone, changes: Partial<Stream> = {}): Stream {
  return {
    remote: { address: peer.address, rtpPort: peer.port, rtcpPort: peer.rtcpPort },
    codec: 'PCMA',
    receivePayloadType: 8,
    sendPayloadType: 8,
    receiveEventPayloadType: 101,
    sendEventPayloadType: 101,
    sendPtimeMs: 20,
    rtcpMux: false,
    send: true,
    receive: true,
    latch: 'sdp',
    ...changes,
  }
}

async function bridge(pool: MediaPool, caller: RtpPhone, agent: RtpPhone, keys: number[] = []) {
  const place = pool.place()
  const callerPort = await place.open('IPv4', ignore)
  const agentPort = await place.open('IPv4', { ...ignore, onKey: (key) => keys.push(key) })
  await callerPort.stream(streamTo(caller))
  await agentPort.stream(streamTo(agent))
  const join = [
    { portId: callerPort.portId, source: { kind: 'port', portId: agentPort.portId } },
    { portId: agentPort.portId, source: { kind: 'port', portId: callerPort.portId } },
  ] as const
  await place.assign(join)
  caller.talkTo('127.0.0.1', callerPort.rtpPort)
  agent.talkTo('127.0.0.1', agentPort.rtpPort)
  return { place, callerPort, agentPort, join }
}

/** What a vault does with the socket, as far as media can see: reads everything, goes on with the stream, gives both back. */
async function vault(ticket: Ticket, handle: UdpHandle) {
  const received: Buffer[] = []
  const socket = await new Promise<Parameters<Parameters<typeof socketOf>[2]>[0]>((resolve) =>
    socketOf(handle, ticket.family, resolve),
  )
  socket.on('message', (packet) => received.push(packet))
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

t.test('a call is bridged, parted into a vault, and joined again without a seam', async (t) => {
  const pool = makePool()
  await pool.start()
  t.teardown(() => pool.close())
  const holdUps = watchHoldUps()
  t.teardown(() => holdUps.close())
  const caller = await openRtpPhone({ humHz: CALLER_HZ })
  const agent = await openRtpPhone({ humHz: AGENT_HZ })
  t.teardown(() => Promise.all([caller.close(), agent.close()]))
  const { place, callerPort, agentPort, join } = await bridge(pool, caller, agent)

  await until(() => agent.heard.length > 30 && caller.heard.length > 30, 'sound both ways')
  t.ok(agent.levelOf(CALLER_HZ, 200) > HEARD_DBM0, 'the agent hears the caller')
  t.ok(caller.levelOf(AGENT_HZ, 200) > HEARD_DBM0, 'the caller hears the agent')
  t.ok(agent.levelOf(AGENT_HZ, 200) < UNHEARD_DBM0, 'and not itself')

  // Part.
  const partedMs = performance.now()
  await place.assign([{ portId: agentPort.portId, source: { kind: 'hold-music' } }])
  const before = await callerPort.stats()
  const { ticket, handle } = await callerPort.release()
  const inVault = await vault(ticket, handle)
  await pause(400)
  t.ok(agent.levelOf(MUSIC_HZ, 200) > HEARD_DBM0, 'the agent hears music')
  t.ok(agent.levelOf(CALLER_HZ, 200) < UNHEARD_DBM0, 'and nothing of the caller')
  const firstMusic = agent.heard.find((packet) => packet.arrivedMs > partedMs && packet.marker)
  t.ok(firstMusic !== undefined && firstMusic.arrivedMs - partedMs < 40, 'music begins at once, marked')
  t.ok(inVault.received.length > 15, 'the vault hears the caller')

  // Assigned too early, the caller is not joined by its return.
  await place.assign(join)
  const callerSent = caller.sent
  const back = inVault.giveBack()
  await callerPort.adopt(back.ticket, back.handle)
  await pause(200)
  t.ok(agent.levelOf(CALLER_HZ, 100) < UNHEARD_DBM0, 'a return joins nobody')
  await place.assign(join.map((each) => ({ ...each, chime: each.portId === agentPort.portId })))
  await pause(700)
  t.ok(agent.levelOf(CALLER_HZ, 200) > HEARD_DBM0, 'the agent hears the caller again')
  t.ok(caller.levelOf(AGENT_HZ, 200) > HEARD_DBM0, 'the caller hears the agent again')

  caller.hush()
  agent.hush()
  await pause(50)
  const after = await callerPort.stats()
  const agentHeard = [...agent.heard]
  const callerHeard = [...caller.heard]
  t.equal(after.packetsReceived + inVault.received.length, caller.sent, 'no packet of the caller is lost or seen twice')
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

function saysGoodbye(report: Uint8Array): boolean {
  return report.length > 8 && report[report.length - 7] === 203
}

t.test('twenty handovers back and forth, a packet every 2 ms: none is lost, none seen twice', async (t) => {
  const pool = makePool()
  await pool.start()
  t.teardown(() => pool.close())
  const place = pool.place()
  const port = await place.open('IPv4', ignore)
  const phone = await openRtpPhone()
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
  let received = 0
  for (let i = 0; i < 20; i++) {
    const { ticket, handle } = await port.release()
    const inVault = await vault(ticket, handle)
    await pause(15)
    const back = inVault.giveBack()
    received += inVault.received.length
    await port.adopt(back.ticket, back.handle)
    await pause(15)
  }
  clearInterval(flood)
  await pause(50)
  const stats = await port.stats()
  t.equal(stats.packetsReceived + received, phone.sent)
  t.ok(received > 50, `${received} of ${phone.sent} in the vault`)
})

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

t.test('a process that dies is told to its places, answered with a fault, and started again', async (t) => {
  const events: string[] = []
  nextRange += 200
  const pool = createMediaPool({
    processes: 2,
    configure: { address: '127.0.0.1', portMin: nextRange, portMax: nextRange + 99, holdMusicFile },
    entry: ENTRY,
    fork,
    clock,
    onEvent: (name) => events.push(name),
  })
  await pool.start()
  t.teardown(() => pool.close())
  t.equal(pool.processIds.length, 2)
  const place = pool.place()
  const other = pool.place()
  let lost = 0
  let otherLost = 0
  place.onLost(() => lost++)
  other.onLost(() => otherLost++)
  const port = await place.open('IPv4', ignore)
  const otherPort = await other.open('IPv4', ignore)
  t.not(Math.abs(port.rtpPort - otherPort.rtpPort) < 40, 'each process has ports of its own')
  const [first] = pool.processIds
  process.kill(first as number, 'SIGKILL')
  await t.rejects(port.stats(), { code: 'media.lost' })
  t.equal(lost, 1)
  t.equal(otherLost, 0)
  await t.rejects(place.open('IPv4', ignore), { code: 'media.lost' })
  t.match(await otherPort.stats(), { packetsReceived: 0 })
  await until(() => pool.describe().every((line) => line.includes('runs')), 'a new process')
  t.ok(events.includes('media.lost'))
  const again = await pool.place().open('IPv4', ignore)
  t.ok(again.rtpPort % 2 === 0)
})

t.test('a process that stalls is ended within two seconds', async (t) => {
  const pool = makePool()
  await pool.start()
  t.teardown(() => pool.close())
  const place = pool.place()
  let lostMs = 0
  const [pid] = pool.processIds
  const startMs = performance.now()
  place.onLost(() => {
    lostMs = performance.now() - startMs
  })
  process.kill(pid as number, 'SIGSTOP')
  await until(() => lostMs > 0, 'loss of the stalled process')
  t.ok(lostMs < 2000, `${lostMs.toFixed(0)} ms`)
})

t.test('signals that mean something to control end no media process', async (t) => {
  const pool = makePool()
  await pool.start()
  t.teardown(() => pool.close())
  const [pid] = pool.processIds
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const) process.kill(pid as number, signal)
  await pause(300)
  t.same(pool.processIds, [pid])
  t.ok(await pool.place().open('IPv4', ignore))
})

t.test('a pool without music does not start', async (t) => {
  nextRange += 200
  const pool = createMediaPool({
    processes: 1,
    configure: {
      address: '127.0.0.1',
      portMin: nextRange,
      portMax: nextRange + 9,
      holdMusicFile: `${folder}/none.wav`,
    },
    entry: ENTRY,
    fork,
    clock,
    onEvent: () => undefined,
  })
  await t.rejects(pool.start(), { code: 'media.cannot-start', cause: { code: 'media.no-music' } })
  t.throws(() => pool.place(), { code: 'media.lost' })
  await pool.close()
})

t.test('ports that were closed free their pair; a pool that is closed ends its processes', async (t) => {
  const pool = makePool()
  await pool.start()
  const place = pool.place()
  const ports = []
  for (let i = 0; i < 50; i++) ports.push(await place.open('IPv4', ignore))
  await t.rejects(place.open('IPv4', ignore), { code: 'media.no-port' })
  for (const port of ports) port.close()
  place.close()
  place.close()
  await pause(2100)
  t.ok(await pool.place().open('IPv4', ignore))
  await pool.close()
  await pool.close()
  t.same(pool.processIds, [])
})
