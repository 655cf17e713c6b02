/** Asks a server that begins, again and again from before it is there, until it answers: OPTIONS over UDP and TCP, and a call. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { pause } from '../../src/demo/waiting.ts'
import { type HeldCalls, startHeldCalls } from '../../test/peers/held-calls.ts'
import { TRUNK_ADDRESS } from '../../test/peers/sotto.ts'

/** When each was answered with 200 for the first time, ms of this process's clock. */
export type FirstAnswers = { readonly udpMs: number; readonly tcpMs: number; readonly callMs: number }

const AGAIN_MS = 20
const OPTIONS_LIMIT_MS = 1000

/** @param sipPort where it is going to be; calls of 300 must lead to somebody who answers. @throws Error when that takes longer than `limitMs`. */
export async function firstAnswers(sipPort: number, limitMs: number): Promise<FirstAnswers> {
  const untilMs = performance.now() + limitMs
  const calls = await startHeldCalls(TRUNK_ADDRESS, sipPort)
  try {
    const [udpMs, tcpMs, callMs] = await Promise.all([
      first('OPTIONS over UDP', untilMs, async () => (await optionsByUdp(sipPort, AGAIN_MS)) === 200),
      first('OPTIONS over TCP', untilMs, async () => (await optionsByTcp(sipPort)) === 200),
      first('a call', untilMs, () => isTaken(calls)),
    ])
    await calls.end(1)
    return { udpMs, tcpMs, callMs }
  } finally {
    calls.close()
  }
}

async function first(what: string, untilMs: number, isAnswered: () => Promise<boolean>): Promise<number> {
  while (!(await isAnswered())) {
    if (performance.now() > untilMs) throw new Error(`not answered in time: ${what}`)
    await pause(AGAIN_MS)
  }
  return performance.now()
}

async function isTaken(calls: HeldCalls): Promise<boolean> {
  const answer = await calls.begin(AGAIN_MS).catch(() => undefined)
  return answer?.status === 200
}

let asked = 0

/** @param again ms until it is sent again, and again. @returns the status; undefined when there was no answer within a second. */
export async function optionsByUdp(port: number, again: number): Promise<number | undefined> {
  asked += 1
  const socket = createSocket('udp4')
  // Where nobody has the port yet the kernel says so.
  socket.on('error', () => {})
  socket.bind(0, TRUNK_ADDRESS)
  await once(socket, 'listening')
  const answered = once(socket, 'message', { signal: AbortSignal.timeout(OPTIONS_LIMIT_MS) })
  const text = options('UDP', `${socket.address().port}-${asked}`)
  const send = (): void => socket.send(text, port, '127.0.0.1')
  send()
  const timer = setInterval(send, again)
  const octets = await answered.then(
    ([first]) => first as Buffer,
    () => undefined,
  )
  clearInterval(timer)
  socket.close()
  return statusOf(octets)
}

async function optionsByTcp(port: number): Promise<number | undefined> {
  asked += 1
  const socket = connect({ host: '127.0.0.1', port, localAddress: TRUNK_ADDRESS })
  socket.on('error', () => {})
  socket.write(options('TCP', String(asked)))
  const octets = await once(socket, 'data', { signal: AbortSignal.timeout(OPTIONS_LIMIT_MS) }).then(
    ([first]) => first as Buffer,
    () => undefined,
  )
  socket.destroy()
  return statusOf(octets)
}

function options(transport: 'UDP' | 'TCP', id: string): string {
  return `OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/${transport} ${TRUNK_ADDRESS};branch=z9hG4bKfirst${id};rport\r\nMax-Forwards: 70\r\nFrom: <sip:first@${TRUNK_ADDRESS}>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: first-${transport}-${id}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`
}

function statusOf(answer: Buffer | undefined): number | undefined {
  return answer === undefined ? undefined : Number(answer.toString('latin1', 8, 11))
}
