/**
 * Floods and held connections against a whole server while calls run. For each kind of flood: what the calls lost, their jitter beside that before, how long
 * others waited for an answer, whether a new call came about, octets out for one in, memory of control at its highest and after a minute. Then idle and half-open connections:
 * whether others are served, and after how long they are closed. Prints a line each and a line of JSON; ends with code 1 where a mark was missed.
 * Usage: node bench/floods.ts [--seconds 60] [--rate 2000] [--calls 20] [--idle 2000] [--half 500] [--rest 60] [--only INVITE,connections]
 * Needs 8,000 open files (ulimit -n).
 */

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Test } from 'tap'
import { pause } from '../src/demo/waiting.ts'
import { makeAuthority } from '../test/peers/authority.ts'
import { type FloodKind, hold, probe, startFlood } from '../test/peers/floods.ts'
import { startSotto } from '../test/peers/sotto.ts'
import { dial, type Talk } from '../test/peers/talk.ts'
import { startValidationPeer } from '../test/peers/validation-peer.ts'

/** Marks: lost of what was sent, ms until others are answered, MB grown, part of the memory that stays, octets out for one in, s until held connections are closed. */
const MARKS = { lost: 0.005, probeMs: 1000, grownMb: 50, stays: 0.1, amplified: 3, closedSeconds: 60 }
const KINDS: readonly FloodKind[] = ['OPTIONS', 'REGISTER', 'INVITE', 'SUBSCRIBE', 'MESSAGE', 'garbage']
const STRANGER = '127.0.0.66'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '2000' },
    calls: { type: 'string', default: '20' },
    idle: { type: 'string', default: '2000' },
    half: { type: 'string', default: '500' },
    rest: { type: 'string', default: '60' },
    only: { type: 'string' },
  },
})
const seconds = Number(values.seconds)
const only = values.only?.split(',')
const ends: (() => unknown)[] = []
const stage = { teardown: (end: () => unknown) => void ends.push(end), pass: () => true } as unknown as Test

const validation = await startValidationPeer()
const authority = makeAuthority()
const calls = Number(values.calls)
const sotto = await startSotto(stage, {
  validationUrl: `https://127.0.0.1:${validation.port}/`,
  caText: validation.authority,
  tls: authority.issue(['DNS:sip.example.com']),
  phones: calls + 1,
})
const missed: string[] = []
const rows: object[] = []
try {
  const talks: Talk[] = []
  for (let at = 0; at < calls; at += 1) talks.push(await (await phonesOf(at))())
  const again = await phonesOf(calls)
  await pause(3000)
  for (const kind of KINDS) if (only === undefined || only.includes(kind)) await flooded(kind, talks, again)
  if (only === undefined || only.includes('connections')) await held()
} finally {
  for (const end of ends.reverse()) await end()
  authority.close()
  await validation.close()
}
process.stdout.write(`${JSON.stringify({ rows, missed })}\n`)
if (missed.length > 0) process.exitCode = 1

async function phonesOf(at: number): Promise<() => Promise<Talk>> {
  const user = at === 0 ? 'agent' : `agent-${at + 1}`
  const agent = await sotto.agent({ user, password: `agent-password-${at + 1}` })
  const caller = await sotto.caller()
  return async () => {
    // Phones of the demo register for five minutes and once; all floods together take longer.
    await agent.signalling.register()
    return dial(sotto, caller, agent, String(100 + at), sotto.events.length)
  }
}

async function flooded(kind: FloodKind, talks: readonly Talk[], again: () => Promise<Talk>): Promise<void> {
  const [beforeMb, beforeJitterMs] = [controlMb(), await jitterMs(talks)]
  const counted = talks.map((talk) => countOf(talk))
  const flood = startFlood({ kind, from: STRANGER, port: sotto.sipPort, perSecond: Number(values.rate), seed: 1 })
  const endMs = performance.now() + seconds * 1000
  let [slowestMs, highestMb] = [0, beforeMb]
  let newCalls = 0
  while (performance.now() < endMs) {
    slowestMs = Math.max(slowestMs, (await probe('udp', sotto.sipPort)) ?? Number.POSITIVE_INFINITY)
    highestMb = Math.max(highestMb, controlMb())
    // One caller, one agent, again and again.
    const one = await again()
    await one.caller.signalling.hangUp()
    await one.over()
    newCalls += 1
    await pause(1000)
  }
  const inFloodJitterMs = await jitterMs(talks)
  const { sent, sentOctets, receivedOctets } = flood.told
  await flood.stop()
  await pause(1000)
  const lost = Math.max(...counted.map((count) => count()))
  await pause(Number(values.rest) * 1000)
  const row = {
    kind,
    sentPerSecond: Math.round(sent / seconds),
    lostPercent: Math.round(lost * 10_000) / 100,
    jitterMs: [beforeJitterMs, inFloodJitterMs],
    probeMs: Math.round(slowestMs),
    newCalls,
    amplified: Math.round((receivedOctets / sentOctets) * 100) / 100,
    controlMb: [beforeMb, highestMb, controlMb()],
  }
  rows.push(row)
  process.stdout.write(`${JSON.stringify(row)}\n`)
  judge(lost <= MARKS.lost, `${kind}: lost`)
  judge(slowestMs <= MARKS.probeMs, `${kind}: answer to others`)
  judge(highestMb - beforeMb <= MARKS.grownMb, `${kind}: memory`)
  judge(controlMb() <= beforeMb * (1 + MARKS.stays), `${kind}: memory afterwards`)
  judge(receivedOctets <= MARKS.amplified * sentOctets, `${kind}: octets out`)
}

async function held(): Promise<void> {
  const startMs = performance.now()
  const half = Number(values.half)
  const all = [
    ...(await hold(sotto.sipPort, Number(values.idle), 'nothing')),
    ...(await hold(sotto.sipPort, half, 'half-message')),
    ...(await hold(sotto.tlsPort, half, 'half-hello')),
  ]
  const [udpMs, tcpMs] = [await probe('udp', sotto.sipPort), await probe('tcp', sotto.sipPort)]
  while (all.some((one) => one.isOpen()) && performance.now() - startMs < 2 * MARKS.closedSeconds * 1000)
    await pause(500)
  const row = { held: all.length, udpMs, tcpMs, closedSeconds: Math.round((performance.now() - startMs) / 1000) }
  rows.push(row)
  process.stdout.write(`${JSON.stringify(row)}\n`)
  judge(
    (udpMs ?? Number.POSITIVE_INFINITY) <= MARKS.probeMs && (tcpMs ?? Number.POSITIVE_INFINITY) <= MARKS.probeMs,
    'connections: answer to others',
  )
  judge(row.closedSeconds <= MARKS.closedSeconds, 'connections: closed')
  for (const one of all) one.close()
}

function judge(isMet: boolean, what: string): void {
  if (isMet) return
  missed.push(what)
  process.stdout.write(`MISSED ${what}\n`)
}

/** @returns the function that tells what part of the sound was lost since, of the way that lost more. */
function countOf({ caller, agent }: Talk): () => number {
  const ways = (
    [
      [caller.sound, agent.sound],
      [agent.sound, caller.sound],
    ] as const
  ).map(([from, to]) => ({ from, to, sent: from.sent, heard: to.heard.length }))
  return () =>
    Math.max(...ways.map(({ from, to, sent, heard }) => 1 - (to.heard.length - heard) / Math.max(1, from.sent - sent)))
}

/** The greatest of all legs, as the server measures it. */
async function jitterMs(talks: readonly Talk[]): Promise<number> {
  const all = await Promise.all(
    talks.map(async ({ callId }) => {
      const { body } = await sotto.server.request('GET', `/api/v1/calls/${callId}/quality`)
      return Object.values(body as Record<string, { readonly jitterMs?: number }>).map((leg) => leg.jitterMs ?? 0)
    }),
  )
  return Math.round(Math.max(0, ...all.flat()) * 10) / 10
}

/** Resident memory of the process that has signalling. */
function controlMb(): number {
  const status = readFileSync(`/proc/${sotto.processes().control}/status`, 'latin1')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
}
