/**
 * An installed rtpengine as a relay, in user space (`--table=-1`): offer and answer of each call by its own control protocol over UDP, a cookie and
 * a bencoded record. Transcodes when the two legs have different codecs.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../test/peers/free-port.ts'
import { type Bencoded, bencode, readBencoded } from './bencode.ts'
import { CORES } from './cores.ts'
import { type Recording, recordingIn } from './recorded.ts'
import { CODECS, type Far, inTurns, type Near, type RelayKind, SRTP_SUITE } from './relay.ts'

const PORTS = [10_000, 32_000] as const
const AT_ONCE = 16
const ANSWER_MS = 500
const TRIES = 20

type Ask = (command: Readonly<Record<string, Bencoded>>) => Promise<Readonly<Record<string, Bencoded>>>

/** @returns the version that is installed, or `undefined`. */
export function rtpengineVersion(): string | undefined {
  // It tells on standard error.
  return /[\d.]+/.exec(spawnSync('rtpengine', ['--version'], { encoding: 'utf8' }).stderr ?? '')?.[0]
}

/** @param version for its name. @param recordings a folder in which it records every call, in the clear, as captures. */
export function rtpengine(version: string, recordings?: string): RelayKind {
  return {
    name: `rtpengine ${version}`,
    warmUpMs: 1000,
    async start() {
      const controlPort = await freePort()
      const recording: Recording | undefined = recordings === undefined ? undefined : recordingIn(recordings)
      const child = startRtpengine(controlPort, PORTS, CORES.relay, recording?.folder)
      const ended = once(child, 'exit')
      const { ask, close } = talkTo(controlPort)
      await ask({ command: 'ping' })
      return {
        pid: child.pid ?? 0,
        connect: async (legs) => {
          const calls = legs.flatMap((leg, i) => (i % 2 === 0 ? [[leg, legs[i + 1] as Far] as const] : []))
          const nears = await inTurns(calls, AT_ONCE, ([a, b], i) => connectCall(ask, `bench-${i}`, a, b))
          if (recording !== undefined)
            await inTurns(calls, AT_ONCE, (_, i) => ask({ command: 'start recording', 'call-id': `bench-${i}` }))
          return nears.flat()
        },
        async stop() {
          close()
          child.kill('SIGKILL')
          await ended
          recording?.end()
        },
      }
    },
  }
}

/** Starts it, in user space, on loopback. It ends with this process at the latest. @param core that it is kept on; -1 is any. @param recordings folder for them. */
export function startRtpengine(
  controlPort: number,
  ports: readonly [from: number, to: number],
  core = -1,
  recordings?: string,
): ChildProcess {
  const onCore = core < 0 ? [] : ['taskset', '-c', String(core)]
  const settings = [
    ...['--config-file=none', '--foreground', '--table=-1', '--interface=127.0.0.1', '--log-level=2'],
    ...[`--listen-ng=127.0.0.1:${controlPort}`, `--port-min=${ports[0]}`, `--port-max=${ports[1]}`],
    ...(recordings === undefined ? [] : ['--recording-method=pcap', `--recording-dir=${recordings}`]),
  ]
  return spawn('setpriv', ['--pdeathsig', 'KILL', ...onCore, 'rtpengine', ...settings], { stdio: 'ignore' })
}

/** Offer from `a`, answer from `b`. @returns where both send. @throws Error with what it says against it. */
async function connectCall(ask: Ask, callId: string, a: Far, b: Far): Promise<Near[]> {
  const common = {
    'call-id': callId,
    'from-tag': 'a',
    flags: ['trust-address'],
    replace: ['origin', 'session-connection'],
    ICE: 'remove',
  }
  const codec = a.codec === b.codec ? undefined : { mask: [a.codec], transcode: [b.codec] }
  const offered = await ask({
    ...common,
    command: 'offer',
    sdp: description(a),
    'transport-protocol': b.key === undefined ? 'RTP/AVP' : 'RTP/SAVP',
    ...(codec === undefined ? {} : { codec }),
  })
  const answered = await ask({ ...common, command: 'answer', 'to-tag': 'b', sdp: description(b) })
  return [near(answered['sdp']), near(offered['sdp'])]
}

function description({ port, codec, key }: Far): string {
  const { payloadType, rtpmap } = CODECS[codec]
  return [
    ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
    `m=audio ${port} RTP/${key === undefined ? 'AVP' : 'SAVP'} ${payloadType}`,
    ...[`a=rtpmap:${payloadType} ${rtpmap}`, 'a=ptime:20', 'a=sendrecv'],
    ...(key === undefined ? [] : [`a=crypto:1 ${SRTP_SUITE} inline:${key}`]),
    '',
  ].join('\r\n')
}

function near(sdp: Bencoded | undefined): Near {
  const text = typeof sdp === 'string' ? sdp : ''
  const port = Number(/^m=audio (\d+)/m.exec(text)?.[1])
  const key = new RegExp(`^a=crypto:\\d+ ${SRTP_SUITE} inline:([\\w+/]+=*)`, 'm').exec(text)?.[1]
  return key === undefined ? { port } : { port, key }
}

/** Asks by datagrams, again when no answer comes: the same cookie is the same question. */
function talkTo(port: number): { ask: Ask; close(): void } {
  const socket = createSocket('udp4')
  const waiting = new Map<string, (answer: Bencoded | undefined) => void>()
  let asked = 0
  socket.on('error', () => undefined)
  socket.on('message', (packet) => {
    const space = packet.indexOf(' ')
    waiting.get(packet.toString('latin1', 0, space))?.(readBencoded(packet.subarray(space + 1)))
  })
  return {
    async ask(command) {
      const cookie = `bench${asked++}`
      const answered = new Promise<Bencoded | undefined>((resolve) => waiting.set(cookie, resolve))
      for (let tries = 0; tries < TRIES; tries++) {
        socket.send(`${cookie} ${bencode(command)}`, port, '127.0.0.1')
        const answer = await Promise.race([answered, pause(ANSWER_MS, null)])
        if (answer === null) continue
        waiting.delete(cookie)
        if (!isRecord(answer) || answer['result'] === 'error') throw new Error(`rtpengine: ${JSON.stringify(answer)}`)
        return answer
      }
      throw new Error('rtpengine does not answer')
    },
    close: () => void socket.close(),
  }
}

function isRecord(value: Bencoded | undefined): value is Readonly<Record<string, Bencoded>> {
  return typeof value === 'object' && !Array.isArray(value)
}
