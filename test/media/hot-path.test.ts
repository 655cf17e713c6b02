/** The tick allocates nothing per packet: many packets, and the heap stays where it was, with no garbage on the way. */

import { type HeapProfiler, Session } from 'node:inspector'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { writeHeader } from '../../src/rtp/packet.ts'
import { type Phone, type SteppedRoom, steppedRoom } from '../peers/stepped-room.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Octets that may remain in all, for what the engine itself keeps: far less than one per packet. */
const MAY_REMAIN = 96 * 1024
/**
 * Octets that may be made per packet, collected or not. The engine boxes a timestamp above 31 bits here and there, at 12 octets,
 * and RTCP reports come now and then; a view, a closure or a record per packet would be above this.
 */
const MAY_BE_MADE = 48
const ROUNDS = 20_000

/** @returns octets that our sources allocate while `run` runs, whether they are collected or not, by sampling. */
function octetsMade(run: () => void): number {
  const session = new Session()
  session.connect()
  session.post('HeapProfiler.startSampling', {
    samplingInterval: 256,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  })
  run()
  let octets = 0
  const add = (node: HeapProfiler.SamplingHeapProfileNode) => {
    if (/[/]src[/](media|rtp)[/]/.test(node.callFrame.url)) octets += node.selfSize
    node.children.forEach(add)
  }
  session.post('HeapProfiler.stopSampling', (error, result) => {
    if (error !== null) throw error
    add(result.profile.head)
  })
  session.disconnect()
  return octets
}

type Way = {
  readonly name: string
  readonly agentCodec: 'PCMA' | 'PCMU' | 'G722'
  readonly agentPtimeMs: number
  readonly listen: boolean
}
const WAYS: readonly Way[] = [
  { name: 'relay', agentCodec: 'PCMA', agentPtimeMs: 20, listen: false },
  { name: 'relay to other packet lengths', agentCodec: 'PCMA', agentPtimeMs: 30, listen: false },
  { name: 'transcode', agentCodec: 'PCMU', agentPtimeMs: 20, listen: false },
  { name: 'relay and listen for keys', agentCodec: 'PCMA', agentPtimeMs: 20, listen: true },
]

/** Packets both ways, one each tick. */
function drive(
  stepped: SteppedRoom,
  caller: Phone,
  agent: Phone,
  packet: Uint8Array,
  back: Uint8Array,
  rounds: number,
): void {
  for (let i = 0; i < rounds; i++) {
    packet[2] = (caller.sequence >> 8) & 0xff
    packet[3] = caller.sequence & 0xff
    back[2] = packet[2]
    back[3] = packet[3]
    caller.sequence = (caller.sequence + 1) & 0xffff
    const ts = Math.imul(i, 160) >>> 0
    packet[4] = ts >>> 24
    packet[5] = ts >>> 16
    packet[6] = ts >>> 8
    packet[7] = ts
    back.set(packet.subarray(4, 8), 4)
    caller.raw(packet)
    agent.raw(back)
    stepped.step(5)
  }
}

for (const way of WAYS) {
  t.test(`${way.name}: no growth, no garbage of ours`, async (t) => {
    const stepped = await steppedRoom()
    const caller = await stepped.phone('caller', { stream: { sendPtimeMs: 20 } })
    const agent = await stepped.phone('agent', { codec: way.agentCodec, ptimeMs: way.agentPtimeMs })
    await stepped.join('caller', 'agent')
    if (way.listen) await stepped.ask({ do: 'listen', portId: 'agent', on: true })
    stepped.udp.keeping = false
    const packet = new Uint8Array(172)
    writeHeader(packet, 8, false, 0, 0, caller.ssrc)
    const back = new Uint8Array(12 + way.agentPtimeMs * 8)
    writeHeader(back, way.agentCodec === 'PCMU' ? 0 : way.agentCodec === 'G722' ? 9 : 8, false, 0, 0, agent.ssrc)
    drive(stepped, caller, agent, packet, back, ROUNDS / 4)
    collect()
    const before = process.memoryUsage().heapUsed
    const sentBefore = stepped.udp.sentCount
    const made = octetsMade(() => drive(stepped, caller, agent, packet, back, ROUNDS))
    const sent = stepped.udp.sentCount - sentBefore
    collect()
    const grown = process.memoryUsage().heapUsed - before
    t.ok(sent > ROUNDS, `${sent} packets were sent`)
    t.ok(grown < MAY_REMAIN, `${grown} octets remain`)
    t.ok(made / sent < MAY_BE_MADE, `${(made / sent).toFixed(2)} octets made per packet`)
  })
}

t.test('garbage per packet while music plays to fifty legs', async (t) => {
  const stepped = await steppedRoom()
  stepped.udp.keeping = false
  for (let i = 0; i < 50; i++) {
    await stepped.phone(`leg${i}`)
    await stepped.assign({ portId: `leg${i}`, source: { kind: 'hold-music' } })
  }
  // Until the engine has compiled what runs: its interpreter keeps every number in a box of its own.
  stepped.step(30_000)
  const sentBefore = stepped.udp.sentCount
  const made = octetsMade(() => stepped.step(10_000))
  const sent = stepped.udp.sentCount - sentBefore
  t.ok(sent > 24_000)
  t.ok(made / sent < MAY_BE_MADE, `${(made / sent).toFixed(2)} octets made per packet`)
})

t.test('the measure itself sees what is allocated', async (t) => {
  const stepped = await steppedRoom()
  const made = octetsMade(() => {
    for (let i = 0; i < 200; i++) void stepped.room.outlet.udp.drain()
  })
  t.equal(made, 0)
  const { codeClip } = await import('../../src/media/source-clip.ts')
  t.ok(octetsMade(() => codeClip(new Int16Array(16_000), 16_000, true)) > 1000)
})
