/** Media processes in earnest for tests, in port ranges that no other test has, with music of one tone; and two phones bridged in one. */

import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clockFrom } from '../../src/base/clock.ts'
import type { CodecName } from '../../src/base/units.ts'
import type { RtpPhone } from '../../src/demo/rtp-phone.ts'
import { createMediaPool, type MediaPoolOptions } from '../../src/media/client.ts'
import type { Stream } from '../../src/media/contract.ts'
import type { Recipients } from '../../src/media/contract-recording.ts'
import type { MediaPool, PortEvents } from '../../src/media/pool.ts'
import { writeSine } from '../../src/rtp/tone.ts'
import { writeWav } from '../../src/rtp/wav.ts'
import { claimRange, RANGE_PORTS } from './port-ranges.ts'

export const MUSIC_HZ = 1000
export const ignore: PortEvents = { onKey: () => undefined, onQuiet: () => undefined }

const folder = mkdtempSync(join(tmpdir(), 'sotto-media-'))
const holdMusicFile = join(folder, 'music.wav')
const music = new Int16Array(8000 * 5)
writeSine(music, 0, music.length, MUSIC_HZ, -13, 8000)
writeFileSync(holdMusicFile, writeWav(music, 8000))
process.on('exit', () => rmSync(folder, { recursive: true }))

/** @returns a pool of processes with fifty ports, not started yet. */
export function makePool(
  changes: Partial<
    Pick<MediaPoolOptions, 'processes' | 'packetIo' | 'onEvent' | 'lateMs' | 'memoryMegabytes' | 'clock' | 'fork'>
  > & {
    readonly holdMusicFile?: string
    readonly codecs?: readonly CodecName[]
    readonly recipients?: Recipients
  } = {},
): MediaPool {
  const portMin = claimRange()
  const { lateMs, memoryMegabytes } = changes
  return createMediaPool({
    ...(lateMs === undefined ? {} : { lateMs }),
    ...(memoryMegabytes === undefined ? {} : { memoryMegabytes }),
    processes: changes.processes ?? 1,
    cores: 1,
    packetIo: changes.packetIo ?? 'auto',
    configure: {
      address: '127.0.0.1',
      portMin,
      portMax: portMin + RANGE_PORTS - 1,
      holdMusicFile: changes.holdMusicFile ?? holdMusicFile,
      ...(changes.codecs === undefined ? {} : { codecs: changes.codecs }),
      ...(changes.recipients === undefined ? {} : { recording: { recipients: changes.recipients } }),
    },
    entry: fileURLToPath(new URL('../../src/media.ts', import.meta.url)),
    fork: changes.fork ?? fork,
    clock: changes.clock ?? clockFrom({ now: () => performance.now(), setTimeout, clearTimeout }),
    onEvent: changes.onEvent ?? (() => undefined),
  })
}

/** @returns terms of a stream in A-law with a phone. */
export function streamTo(peer: RtpPhone, changes: Partial<Stream> = {}): Stream {
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

/** Two phones that hear each other. @param keys is given those of the agent, once its port listens. */
export async function bridge(pool: MediaPool, caller: RtpPhone, agent: RtpPhone, keys: number[] = []) {
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
