/**
 * What a relayed packet costs: the media process, as it runs in production over dgram, against the simplest relay that dgram
 * allows - one socket a leg, each packet sent on in its callback, its header rewritten and nothing else - in the same run, with
 * the same generator, in turn for some rounds; the middle one of each is told. CPU is what the scheduler gave the relay process.
 *
 *   node bench/relay.ts [--calls 100] [--seconds 3] [--rounds 5]
 */

import { type ChildProcess, fork } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { clockFrom } from '../src/base/clock.ts'
import { createMediaPool } from '../src/media/client.ts'
import type { Stream } from '../src/media/contract.ts'
import { writeHeader } from '../src/rtp/packet.ts'
import { writeWav } from '../src/rtp/wav.ts'

const PTIME_MS = 20
/** Until the engine has compiled both: what that costs is paid once, not per packet. */
const WARM_UP_MS = 5000
const STAMP_AT = 12

type Leg = { readonly socket: Socket; readonly port: number; toPort: number; sequence: number }
type Result = {
  readonly name: string
  readonly packets: number
  readonly lost: number
  readonly cpuMicros: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    peer: { type: 'boolean' },
  },
})

if (values.peer === true) await runSimplestRelay()
else await compare(Number(values.calls), Number(values.seconds) * 1000, Number(values.rounds))

async function compare(calls: number, ms: number, rounds: number): Promise<void> {
  const peers: Result[] = []
  const all: Result[] = []
  for (let round = 0; round < rounds; round++) {
    peers.push(await measure('simplest dgram relay', calls, ms, startSimplestRelay))
    all.push(await measure('sotto media, dgram', calls, ms, startMedia))
  }
  const [peer, ours] = [middle(peers), middle(all)]
  for (const result of [peer, ours]) {
    say(
      `${result.name.padEnd(22)} ${result.packets} packets, ${result.lost} lost, ${result.cpuMicros.toFixed(1)} µs CPU/packet, ` +
        `latency p50 ${result.p50Ms.toFixed(2)} ms, p99 ${result.p99Ms.toFixed(2)} ms`,
    )
  }
  say(`ratio of CPU per packet, ours to the simplest: ${(ours.cpuMicros / peer.cpuMicros).toFixed(2)}`)
}

/** @returns the round with the middle cost: other work on the machine shows in the outer ones. */
function middle(results: readonly Result[]): Result {
  const byCost = results.toSorted((a, b) => a.cpuMicros - b.cpuMicros)
  return byCost[byCost.length >> 1] as Result
}

type Relay = { readonly pid: number; ports(legs: readonly Leg[]): Promise<readonly number[]>; stop(): Promise<void> }

async function measure(
  name: string,
  calls: number,
  ms: number,
  start: (legs: number) => Promise<Relay>,
): Promise<Result> {
  const relay = await start(calls * 2)
  const legs = await Promise.all(Array.from({ length: calls * 2 }, openLeg))
  const ports = await relay.ports(legs)
  legs.forEach((leg, i) => {
    leg.toPort = ports[i] as number
  })
  let counting = false
  let received = 0
  let sent = 0
  const latencies: number[] = []
  for (const leg of legs) {
    leg.socket.on('message', (packet) => {
      if (!counting) return
      received++
      latencies.push(performance.now() - packet.readDoubleBE(STAMP_AT))
    })
  }
  const stop = generate(legs, () => {
    if (counting) sent++
  })
  await wait(WARM_UP_MS)
  counting = true
  const cpuBefore = cpuSeconds(relay.pid)
  await wait(ms)
  const cpu = cpuSeconds(relay.pid) - cpuBefore
  stop()
  await wait(100)
  counting = false
  for (const { socket } of legs) socket.close()
  await relay.stop()
  latencies.sort((a, b) => a - b)
  return {
    name,
    packets: received,
    lost: Math.max(0, sent - received),
    cpuMicros: (cpu * 1e6) / received,
    p50Ms: latencies[Math.floor(latencies.length * 0.5)] ?? 0,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
  }
}

/** Each leg sends one packet each packet time; the legs are spread over it. */
function generate(legs: readonly Leg[], onSent: () => void): () => void {
  const startMs = performance.now()
  let done = 0
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startMs) / PTIME_MS) * legs.length)
    for (; done < due; done++) {
      const leg = legs[done % legs.length] as Leg
      const packet = Buffer.alloc(172, 0xd5)
      writeHeader(packet, 8, false, leg.sequence, leg.sequence * 160, leg.port)
      leg.sequence = (leg.sequence + 1) & 0xffff
      packet.writeDoubleBE(performance.now(), STAMP_AT)
      leg.socket.send(packet, leg.toPort, '127.0.0.1')
      onSent()
    }
  }, 1)
  return () => clearInterval(timer)
}

async function startMedia(legs: number): Promise<Relay> {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-'))
  const holdMusicFile = join(folder, 'music.wav')
  writeFileSync(holdMusicFile, writeWav(new Int16Array(8000), 8000))
  const pool = createMediaPool({
    processes: 1,
    configure: { address: '127.0.0.1', portMin: 14_000, portMax: 14_000 + legs * 4, holdMusicFile },
    entry: fileURLToPath(new URL('../src/media.ts', import.meta.url)),
    fork,
    clock: clockFrom({ now: () => performance.now(), setTimeout, clearTimeout }),
    onEvent: () => undefined,
  })
  await pool.start()
  const place = pool.place()
  return {
    pid: pool.processIds[0] as number,
    async ports(all) {
      const events = { onKey: () => undefined, onQuiet: () => undefined }
      const ports = []
      for (const leg of all) {
        const port = await place.open('IPv4', events)
        await port.stream(termsFor(leg.port))
        ports.push(port)
      }
      for (let i = 0; i < ports.length; i += 2) {
        const [a, b] = [ports[i]?.portId ?? '', ports[i + 1]?.portId ?? '']
        await place.assign([
          { portId: a, source: { kind: 'port', portId: b } },
          { portId: b, source: { kind: 'port', portId: a } },
        ])
      }
      return ports.map(({ rtpPort }) => rtpPort)
    },
    async stop() {
      await pool.close()
      rmSync(folder, { recursive: true })
    },
  }
}

function termsFor(rtpPort: number): Stream {
  return {
    remote: { address: '127.0.0.1', rtpPort, rtcpPort: rtpPort },
    codec: 'PCMA',
    receivePayloadType: 8,
    sendPayloadType: 8,
    sendPtimeMs: PTIME_MS,
    rtcpMux: true,
    send: true,
    receive: true,
    latch: 'sdp',
  }
}

async function startSimplestRelay(): Promise<Relay> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), ['--peer'], { execArgv: [] })
  await once(child, 'message')
  return {
    pid: child.pid as number,
    async ports(legs) {
      child.send(legs.map(({ port }) => port))
      const [ports] = (await once(child, 'message')) as [number[]]
      return ports
    },
    async stop() {
      child.kill()
      await once(child, 'exit')
    },
  }
}

/** The peer, in a process of its own: leg 0 to leg 1, leg 2 to leg 3, and back. */
async function runSimplestRelay(): Promise<void> {
  process.send?.('ready')
  const [farPorts] = (await once(process, 'message')) as [number[]]
  const sockets = farPorts.map(() =>
    createSocket({ type: 'udp4', lookup: (host, _family, found) => found(null, host, 4) }),
  )
  const bound = sockets.map(async (socket, i) => {
    const other = sockets[i ^ 1] as Socket
    const otherFar = farPorts[i ^ 1] as number
    let sequence = 0
    socket.on('message', (packet) => {
      packet.writeUInt16BE(sequence, 2)
      packet.writeUInt32BE(sequence * 160, 4)
      packet.writeUInt32BE(i, 8)
      sequence = (sequence + 1) & 0xffff
      other.send(packet, otherFar, '127.0.0.1')
    })
    return bind(socket)
  })
  process.send?.(await Promise.all(bound))
}

async function openLeg(): Promise<Leg> {
  const socket = createSocket({ type: 'udp4', lookup: (host, _family, found) => found(null, host, 4) })
  return { socket, port: await bind(socket), toPort: 0, sequence: 0 }
}

async function bind(socket: Socket): Promise<number> {
  // With a lookup that answers at once, so does bind: listen first.
  const listening = once(socket, 'listening')
  socket.bind(0, '127.0.0.1')
  await listening
  return socket.address().port
}

/** Time on a processor that all threads of a process have had so far, from /proc. */
function cpuSeconds(pid: number): number {
  let nanoseconds = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  }
  return nanoseconds / 1e9
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
