/**
 * What strangers and broken phones send: the messages of the JAIN-SIP parser test (`test/fixtures/sip/jain`), as they are and with a third address for
 * their hosts; and whoever sends such messages to a server and looks whether it goes on.
 */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { pause } from '../../src/demo/waiting.ts'
import { DEFAULT_FLOOD_LIMITS } from '../../src/sip/flood.ts'
import { probe } from './floods.ts'

export type BadMessage = { readonly name: string; readonly octets: Buffer; readonly isResponse: boolean }

const JAIN = new URL('../fixtures/sip/jain/', import.meta.url)
const HOST = /\b(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[a-z][\w-]*\.)+(?:com|net|org|edu))\b/gi

/** @param third takes the place of every host, where it is given: nothing may be sent to it. */
export function jainMessages(third?: string): readonly BadMessage[] {
  return readdirSync(JAIN)
    .filter((name) => name.endsWith('.dat'))
    .sort()
    .map((name) => {
      const text = readFileSync(new URL(name, JAIN), 'latin1')
      const octets = Buffer.from(third === undefined ? text : text.replace(HOST, third), 'latin1')
      return {
        name: third === undefined ? name : `${name} of a third`,
        octets,
        isResponse: /^SIP\/2\.0 \d/i.test(text),
      }
    })
}

/** Who is sent to, and from where. */
export type Way = {
  readonly transport: 'udp' | 'tcp'
  readonly port: number
  /** Address of loopback of who sends requests. */
  readonly own: string
  /** Another one, for whoever sends responses: nothing may come back there. */
  readonly stray: string
  /** ms between two messages of a group: time to ring. */
  readonly betweenMs: number
}

export type SentTold = {
  sent: number
  /** What the server was sent before it did not answer OPTIONS any more. */
  readonly silentAfter: string[]
  /** Responses that were answered. */
  readonly answered: string[]
  slowestMs: number
  /** The slowest answers to others: to what they were asked after, when (ms since 1970) and for how long. */
  readonly slow: SlowAnswer[]
}

export type SlowAnswer = { readonly after: string; readonly octets: number; readonly atMs: number; readonly ms: number }

/** Half of what strangers are answered in all: an OPTIONS beyond that would get no answer, whatever was sent before it. */
const MOST_A_SECOND = DEFAULT_FLOOD_LIMITS.total / 2
/** A pause is not worth less. */
const LEAST_PAUSE_MS = 20

/** Slow answers that are kept. */
const SLOW_KEPT = 10

export const emptyTold = (): SentTold => ({ sent: 0, silentAfter: [], answered: [], slowestMs: 0, slow: [] })

/** Largest that is sent as a datagram. */
const MAX_DATAGRAM = 65_507

/**
 * Sends groups of messages, asks with OPTIONS after each message, and notes what comes of it. A group over TCP is one connection.
 * @returns how many groups there were.
 */
export async function sendBad(groups: Iterable<readonly BadMessage[]>, way: Way, told: SentTold): Promise<number> {
  const [own, stray] = [await udpFrom(way.own), await udpFrom(way.stray)]
  const [startMs, before] = [performance.now(), told.sent]
  let sent = 0
  try {
    for (const group of groups) {
      sent += 1
      let got = 0
      const open = () => connection(way, () => (got += 1))
      let socket = way.transport === 'tcp' ? await open() : undefined
      for (const [nth, { name, octets, isResponse }] of group.entries()) {
        if (nth > 0) await pause(way.betweenMs)
        const strays = way.transport === 'tcp' ? got : stray.got()
        if (way.transport === 'udp') (isResponse ? stray : own).send(octets.subarray(0, MAX_DATAGRAM), way.port)
        else {
          // The server closes a connection on which nobody knows where the next message begins.
          if (socket?.destroyed !== false) socket = await open()
          socket.write(octets)
        }
        told.sent += 1
        // From many addresses: one is answered only so often a second.
        const atMs = performance.timeOrigin + performance.now()
        const ms = await probe(way.transport, way.port, `127.0.77.${1 + (told.sent % 200)}`)
        if (ms === undefined) told.silentAfter.push(name)
        noteSlow(told.slow, { after: name, octets: octets.length, atMs, ms: ms ?? Number.POSITIVE_INFINITY })
        told.slowestMs = Math.max(told.slowestMs, ms ?? Number.POSITIVE_INFINITY)
        const earlyMs = ((told.sent - before) / MOST_A_SECOND) * 1000 - (performance.now() - startMs)
        if (earlyMs >= LEAST_PAUSE_MS) await pause(earlyMs)
        if (isResponse && (way.transport === 'tcp' ? got : stray.got()) !== strays) told.answered.push(name)
      }
      socket?.destroy()
    }
  } finally {
    own.close()
    stray.close()
  }
  return sent
}

function noteSlow(slow: SlowAnswer[], one: SlowAnswer): void {
  const last = slow[SLOW_KEPT - 1]
  if (last !== undefined && last.ms >= one.ms) return
  slow.push(one)
  slow.sort((a, b) => b.ms - a.ms)
  slow.splice(SLOW_KEPT)
}

async function connection({ port, own }: Way, onData: () => void): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: own })
  socket.on('error', () => {}).on('data', onData)
  await once(socket, 'connect')
  return socket
}

async function udpFrom(address: string) {
  const socket = createSocket('udp4')
  let got = 0
  // A port of whom a message names may be closed, and says so.
  socket.on('error', () => {}).on('message', () => (got += 1))
  socket.bind(0, address)
  await once(socket, 'listening')
  return {
    got: () => got,
    send: (octets: Uint8Array, port: number) => void socket.send(octets, port, '127.0.0.1'),
    close: () => socket.close(),
  }
}
