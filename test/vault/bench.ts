/** What the tests of real vault processes share: a pool, a caller's socket, a plan, and a log of what control is told. */

import { fork } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { clockFrom } from '../../src/base/clock.ts'
import { handleOf, socketOf, type UdpHandle } from '../../src/base/udp-handle.ts'
import { CODECS, type CodecName, codecNamed } from '../../src/base/units.ts'
import type { Ticket } from '../../src/media/contract.ts'
import { createVaultPool, type VaultPoolEvent } from '../../src/vault/client.ts'
import type { Outcome, Plan } from '../../src/vault/contract.ts'
import type { VaultPool, VaultSessionEvents } from '../../src/vault/pool.ts'
import { fieldOf, stepsFor } from './plans.ts'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
export const appFolder = path('../..')

export const realClock = clockFrom({ now: () => performance.now(), setTimeout, clearTimeout })

/** A pool of real processes, and what it says of them. */
export function makePool(
  processes = 1,
  promptsFolder = path('../../prompts'),
): { pool: VaultPool; events: VaultPoolEvent[] } {
  const events: VaultPoolEvent[] = []
  const pool = createVaultPool({
    processes,
    entry: path('../../src/vault.ts'),
    promptsFolder,
    codecs: CODECS.map(({ name }) => name),
    appFolder,
    clock: realClock,
    nodeMajor: Number(process.versions.node.split('.')[0]),
    fork,
    onEvent: (event) => events.push(event),
  })
  return { pool, events }
}

/** A ticket as the media process would write it, about to wrap. */
export function ticketFor(codec: CodecName, remotePort: number, localPort: number): Ticket {
  const { payloadType } = codecNamed(codec)
  return {
    stream: {
      remote: { address: '127.0.0.1', rtpPort: remotePort, rtcpPort: 0 },
      codec,
      receivePayloadType: payloadType,
      sendPayloadType: payloadType,
      receiveEventPayloadType: 101,
      sendEventPayloadType: 101,
      sendPtimeMs: 20,
      rtcpMux: false,
      send: true,
      receive: true,
      latch: 'first',
    },
    family: 'IPv4',
    localPort,
    ssrc: 0x1234_5678,
    nextSequence: 65_530,
    nextTimestamp: 0xffff_ff00,
    sinceLastSentMs: 0,
    packetsSent: 100,
    octetsSent: 16_000,
    latched: { address: '127.0.0.1', rtpPort: remotePort },
  }
}

/** A socket as the media process would give it away, with its ticket. */
export async function callerSocket(
  codec: CodecName,
  remotePort: number,
): Promise<{ ticket: Ticket; handle: UdpHandle; socket: Socket; port: number }> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  const ticket = ticketFor(codec, remotePort, port)
  return { ticket, handle: handleOf(socket), socket, port }
}

/** The default card flow. */
export function planFor(
  options: { validationPort: number; authority: string; transactionId: string } & Partial<Plan>,
): Plan {
  const { validationPort, authority, ...rest } = options
  return {
    locales: ['en'],
    fields: [
      fieldOf('card-number', { name: 'credit card' }),
      fieldOf('expiry', { name: 'expiry' }),
      fieldOf('security-code', { name: 'code' }),
    ],
    steps: stepsFor(1, 3),
    sessionMs: 120_000,
    inserts: [{ name: 'customer name', value: 'Joe Smith' }],
    validation: {
      host: '127.0.0.1',
      port: validationPort,
      path: '/validate',
      authorities: [authority],
      timeoutMs: 5000,
      reply: 'strict',
      format: 'xml',
      pins: [],
      retry: 'before-sending',
      retries: 2,
    },
    ...rest,
  }
}

export type SessionLog = VaultSessionEvents & {
  /** What control was told, one line each. */
  readonly lines: string[]
  readonly outcome: Outcome | undefined
  readonly back: { readonly ticket: Ticket; readonly handle: UdpHandle } | undefined
  /** Resolves when a line that begins so has been told, before or from now on. */
  line(begin: string, limitMs?: number): Promise<void>
}

/** Listens to a session. */
export function sessionLog(): SessionLog {
  const lines: string[] = []
  const waiting: { begin: string; resolve: () => void }[] = []
  let outcome: Outcome | undefined
  let back: SessionLog['back']
  const told = (line: string) => {
    lines.push(line)
    for (const { begin, resolve } of waiting) if (line.startsWith(begin)) resolve()
  }
  return {
    lines,
    get outcome() {
      return outcome
    },
    get back() {
      return back
    },
    async line(begin, limitMs = 20_000) {
      if (lines.some((line) => line.startsWith(begin))) return
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const limit = setTimeout(
        () => reject(new Error(`not told in time: ${begin}; told: ${lines.join(', ')}`)),
        limitMs,
      )
      waiting.push({ begin, resolve })
      await promise
      clearTimeout(limit)
    },
    onBegan: () => told('began'),
    onAsking: (field, attempt, attempts) => told(`asking ${field} ${attempt}/${attempts}`),
    onProgress: (field, keys) => told(`progress ${field} ${keys}`),
    onRefused: (field, why) => told(`refused ${field} ${why}`),
    onTaken: (field) => told(`taken ${field}`),
    onConfirming: (field) => told(`confirming ${field}`),
    onMoreTime: (field, left) => told(`more time ${field} ${left}`),
    onSubmitting: (submission) => told(`submitting ${submission}`),
    onAnswered: ({ result }) => told(`answered ${result}`),
    onWaitingForAgent: (ms) => told(`waiting ${ms}`),
    onWiped: (result) => {
      outcome = result
      told(`wiped ${result.result}`)
    },
    onReturned: (given) => {
      back = given
      told(given === undefined ? 'returned nothing' : 'returned')
    },
    onLost: () => told('lost'),
  }
}

/** Binds a socket around a handle that came back. */
export async function boundAgain(handle: UdpHandle): Promise<Socket> {
  return await new Promise((resolve) => socketOf(handle, 'IPv4', resolve))
}
