/** A forked media process between two phones on loopback: bridge, hold, hand over and back, as control and a vault would do it. */

import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { clockFrom } from '../../src/base/clock.ts'
import { handleOf, socketOf, type UdpHandle } from '../../src/base/udp-handle.ts'
import { createMediaPool } from '../../src/media/client.ts'
import type { Stream, Ticket } from '../../src/media/contract.ts'
import type { MediaPool, PortEvents } from '../../src/media/pool.ts'
import { writeHeader } from '../../src/rtp/packet.ts'
import { writeSine } from '../../src/rtp/tone.ts'
import { writeWav } from '../../src/rtp/wav.ts'
import { longestGapMs, openRtpPeer, pause, type RtpPeer, seamsOf, until } from '../peers/rtp-peer.ts'

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

let nextRange = 21_000
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

function streamTo(peer: RtpPeer, changes: Partial<Stream> = {}): Stream {
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

async function bridge(pool: MediaPool, caller: RtpPeer, agent: RtpPeer, keys: number[] = []) {
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
  const caller = await openRtpPeer({ humHz: CALLER_HZ })
  const agent = await openRtpPeer({ humHz: AGENT_HZ })
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
  const longest = longestGapMs(agentHeard, 5)
  t.ok(longest < 60, `no gap to the agent: ${longest.toFixed(1)} ms`)
  t.equal(after.packetsLost, 0)
  place.close()
  await until(() => agent.reports.some(saysGoodbye), 'BYE')
})

function saysGoodbye(report: Uint8Array): boolean {
  return report.length > 8 && report[report.length - 7] === 203
}
