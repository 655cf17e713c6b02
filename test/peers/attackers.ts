/**
 * Strangers on loopback who write to media ports whatever could be taken for a far end's: sound and keys in good RTP, RTCP that says goodbye, STUN,
 * DTLS, noise, and what other projects' fuzzers found where a collection of it is beside the checkout; from addresses that have no part in a call and
 * from other ports of those that have. What comes back to any of them is counted.
 */

import { execFileSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodePcma } from '../../src/rtp/g711.ts'
import { HEADER_SIZE, writeHeader } from '../../src/rtp/packet.ts'
import { writeBye, writeSenderReport } from '../../src/rtp/rtcp.ts'
import { writeTelephoneEvent } from '../../src/rtp/telephone-event.ts'
import { writeSine } from '../../src/rtp/tone.ts'
import { seeded } from '../rtp/seeded.ts'

/** What their sound is: a loud tone. */
export const ATTACK_HZ = 1200
const EVENT_PAYLOAD_TYPES = [96, 101]
const SOUND_PAYLOAD_TYPES = [8, 0]
const BEAT_MS = 20
const KEY = 7
const COLLECTION = fileURLToPath(new URL('../../../shared/corpus/fuzz/seeds-open.tar.xz', import.meta.url))
/** What fits an Ethernet frame. */
const LONGEST = 1472

/** The newest packet of a stream, read off the wire. */
export type Known = { readonly ssrc: number; readonly sequence: number; readonly timestamp: number }

export type Attackers = {
  /** Ports that are written to from now on. */
  aim(ports: readonly number[]): void
  /** Streams whose numbers they know. */
  know(streams: readonly (() => Known | undefined)[]): void
  readonly sent: number
  /** Datagrams that came to any of them. */
  readonly received: number
  close(): Promise<void>
}

/** Their sound as it lies in a packet; nobody else sends such a one. */
export function attackPayload(): Uint8Array {
  const pcm = new Int16Array(160)
  writeSine(pcm, 0, pcm.length, ATTACK_HZ, -6, 8000)
  const payload = new Uint8Array(160)
  encodePcma(pcm, pcm.length, payload, 0)
  return payload
}

/** Begins to write from a port of each address, once aimed. */
export async function startAttackers(addresses: readonly string[]): Promise<Attackers> {
  const random = seeded(4_711)
  const sockets = await Promise.all(addresses.map(boundSocket))
  const seeds = [...collected(), ...odd(random)]
  let ports: readonly number[] = []
  let streams: readonly (() => Known | undefined)[] = []
  let sent = 0
  let received = 0
  let beats = 0
  const send = (socket: Socket, octets: Uint8Array, port: number) => {
    socket.send(octets, port, '127.0.0.1')
    sent++
  }
  for (const socket of sockets) {
    // One may have a port that another writes to.
    socket.on('message', (_octets, from) => {
      if (!sockets.some((own) => own.address().port === from.port)) received++
    })
    // A port that is closed says so by ICMP.
    socket.on('error', () => undefined)
  }
  const beat = () => {
    beats++
    for (const [nth, socket] of sockets.entries()) {
      for (const port of ports) {
        send(socket, sound(beats, nth, 1000 + nth), port)
        const known = streams.length === 0 ? undefined : streams[beats % streams.length]?.()
        send(socket, others(beats + nth + port, seeds, random, known), port)
      }
    }
  }
  const timer = setInterval(beat, BEAT_MS)
  return {
    aim(at) {
      ports = at
    },
    know(those) {
      streams = those
    },
    get sent() {
      return sent
    },
    get received() {
      return received
    },
    close: async () => {
      clearInterval(timer)
      await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(done))))
    },
  }
}

/** A run as a phone would send it. */
function sound(beats: number, nth: number, ssrc: number): Uint8Array {
  const packet = new Uint8Array(HEADER_SIZE + 160)
  const type = SOUND_PAYLOAD_TYPES[nth % 2] as number
  writeHeader(packet, type, beats === 1, beats & 0xffff, (beats * 160) >>> 0, ssrc)
  packet.set(attackPayload(), HEADER_SIZE)
  return packet
}

/** Everything else in turn. */
function others(
  turn: number,
  seeds: readonly Uint8Array[],
  random: () => number,
  known: Known | undefined,
): Uint8Array {
  const { ssrc, sequence, timestamp } = known ?? { ssrc: 5, sequence: turn & 0xffff, timestamp: turn * 160 }
  const packet = new Uint8Array(400)
  switch (turn % 6) {
    case 0: {
      const press = Math.floor(turn / 60)
      const type = EVENT_PAYLOAD_TYPES[press % 2] as number
      writeHeader(packet, type, turn % 60 === 0, sequence + 1, timestamp, ssrc)
      writeTelephoneEvent(packet, HEADER_SIZE, KEY, turn % 60 > 40, 10, 160 + (turn % 60) * 16)
      return packet.subarray(0, HEADER_SIZE + 4)
    }
    case 1:
      writeHeader(packet, 8, false, (sequence + 1) & 0xffff, (timestamp + 160) >>> 0, ssrc)
      packet.set(attackPayload(), HEADER_SIZE)
      return packet.subarray(0, HEADER_SIZE + 160)
    case 2:
      return packet.subarray(0, writeBye(packet, ssrc, 'stranger'))
    case 3: {
      const report = { ssrc, cname: 'stranger', wallMs: 1_700_000_000_000, timestamp, packets: 1, octets: 1 }
      return packet.subarray(0, writeSenderReport(packet, report))
    }
    case 4:
      return Uint8Array.from({ length: Math.floor(random() * LONGEST) }, () => Math.floor(random() * 256))
    default:
      return seeds[Math.floor(random() * seeds.length)] as Uint8Array
  }
}

/** Datagrams that look like something: short, long, of other versions, with headers that promise more than there is. */
function odd(random: () => number): readonly Uint8Array[] {
  const good = sound(7, 0, 9)
  const changed = (at: number, value: number) => {
    const octets = good.slice()
    octets[at] = value
    return octets
  }
  return [
    ...[0, 1, 2, 8, 11, 12, 13].map((length) => good.slice(0, length)),
    ...[0x00, 0x40, 0xc0, 0x8f, 0x90, 0xa0, 0xbf].map((first) => changed(0, first)),
    changed(good.length - 1, 0xff),
    new Uint8Array(LONGEST).fill(0x80),
    // STUN binding request (RFC 8489 section 5), DTLS hello (RFC 6347), TURN channel (RFC 8656).
    Uint8Array.of(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...Array.from({ length: 12 }, () => Math.floor(random() * 256))),
    Uint8Array.of(22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, ...new Uint8Array(60)),
    Uint8Array.of(0x40, 0, 0, 4, 1, 2, 3, 4),
  ]
}

/** Inputs of other projects' fuzzers, where there is such a collection. */
function collected(): readonly Uint8Array[] {
  if (!existsSync(COLLECTION)) return []
  const folder = mkdtempSync(join(tmpdir(), 'sotto-seeds-'))
  try {
    execFileSync('tar', ['xJf', COLLECTION, '-C', folder])
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\/(?:rtp|rtcp|srtp|stun|dtls)$/.test(entry.parentPath))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)))
      .filter(({ length }) => length <= LONGEST)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function boundSocket(address: string): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, address)
  await once(socket, 'listening')
  return socket
}
