/**
 * A crowd of calls at once from a trunk that sipp plays to an agent's phone that baresip plays, each with a secure session that is begun as
 * soon as caller and agent hear each other; and what the validation service, the wire and the processes tell of it afterwards.
 */

import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Test } from 'tap'
import { foreignPackets, keysInSound, loudest, stretchOf } from '../../src/demo/listening.ts'
import { longestGapMs, seamsOf } from '../../src/demo/rtp-phone.ts'
import type { TimelineEvent } from '../../src/demo/timeline.ts'
import { startBaresip } from '../peers/baresip.ts'
import { type CallOnWire, callsOnWire, type WireLine } from '../peers/call-wire.ts'
import { requestBody, type TestCard } from '../peers/cards.ts'
import { measureCpu } from '../peers/process-times.ts'
import { startSipp } from '../peers/sipp.ts'
import { type Sotto, startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'
import { startWireCapture } from '../peers/wire-capture.ts'

export const CALLER_HUM_HZ = 1850
export const AGENT_HUM_HZ = 2150
/** Old phones, baresip 1.0 among them, give up when they are offered SHA-256. */
export const OLD_PHONES = ['digestAlgorithms: [MD5]']

export type CrowdOptions = {
  readonly calls: number
  /** Of the trunk and of the phone. */
  readonly transport: 'udp' | 'tcp'
  /** Media ports of the server, so that its packets can be told from those of a test beside this one. */
  readonly ports: readonly [number, number]
  /** What call `n`, counted from 1, keys. */
  readonly card: (n: number) => TestCard
  /** Lines of the scenario between the answer and the farewell. */
  readonly turns: (folder: string) => readonly string[]
  /** For `[field0]` in those lines. */
  readonly lines?: readonly string[]
  /** From the last of those lines to the BYE, milliseconds. */
  readonly afterMs: number
}

const HEARD_DBM0 = -25
const IN_FLIGHT_MS = 60
/** Both people are given that long to hear each other again. */
const SETTLED_MS = 600
const LIMIT_SECONDS = 100
const PACKETS_PER_MS = 0.05
/** Part of the packets that must have gone each way: a loaded machine sends late, and the capture begins and ends at random. */
const LEAST_PART = 0.8

type CallTold = { readonly callId: string; readonly number: number; readonly events: readonly TimelineEvent[] }

/** Runs the crowd and judges it. */
export async function crowd(t: Test, options: CrowdOptions): Promise<void> {
  const { calls, transport, ports } = options
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/validate`,
    caText: validation.authority,
    sip: OLD_PHONES,
    more: `media: { portMin: ${ports[0]}, portMax: ${ports[1]} }`,
  })
  const folderOf = (name: string): string => {
    const folder = join(sotto.folder, name)
    mkdirSync(folder)
    return folder
  }
  const agent = await startBaresip({
    folder: folderOf('baresip'),
    account: `<sip:agent@127.0.0.1:${sotto.sipPort};transport=${transport}>;auth_pass=agent-password-1;regint=60;answermode=auto`,
    humHz: AGENT_HUM_HZ,
    record: false,
  })
  t.teardown(() => agent.stop())
  await agent.printed(/registered successfully|200 OK/i, 10_000)
  const filter = `udp portrange ${ports[0]}-${ports[1]} or port ${sotto.sipPort}`
  const capture = await startWireCapture(folderOf('capture'), filter)
  const clock = clockOffset(sotto)
  const sippFolder = folderOf('sipp')
  const sessions = startSessionsOnBridging(sotto)
  const sipp = await startSipp({
    folder: sippFolder,
    scenarioFile: resolve(import.meta.dirname, '../fixtures/sipp/caller.xml'),
    fill: { TURNS: options.turns(sippFolder).join('\n  '), AFTER_MS: String(options.afterMs) },
    target: `127.0.0.1:${sotto.sipPort}`,
    service: '100',
    address: TRUNK_ADDRESS,
    transport,
    calls,
    rate: 10,
    limitSeconds: LIMIT_SECONDS,
    ...(options.lines === undefined ? {} : { lines: options.lines }),
  })
  t.teardown(() => sipp.stop())
  await sotto.event(
    () => sotto.events.filter(({ type }) => type === 'call.bridged').length === calls,
    'all bridged',
    20_000,
  )
  const { control, media, vault } = sotto.processes()
  const cpu = measureCpu({
    control,
    media: media[0] ?? 0,
    vault: vault[0] ?? 0,
    baresip: agent.processId,
    sipp: sipp.processId,
  })
  await sotto.event(
    () => sotto.events.filter(({ type }) => type === 'secure.ended').length === calls,
    'all sessions over',
    60_000,
  )
  const used = cpu()
  const { code, output } = await sipp.ended
  t.equal(code, 0, `sipp: every call as the scenario says\n${code === 0 ? '' : errorsOf(sippFolder, output)}`)
  await sotto.event(() => sotto.events.filter(({ type }) => type === 'call.ended').length === calls, 'all calls over')
  t.strictSame((await sotto.server.request('GET', '/api/v1/calls')).body, { calls: [] }, 'no call is left')
  t.strictSame(await sessions(), Array<number>(calls).fill(202), 'every session was taken on')

  const { segments, dropped } = await capture.stop()
  t.equal(dropped, 0, 'the capture is whole')
  const told = callsOf(sotto.events)
  const wanted = told.map(({ number }) => requestBody(formOf(number), options.card(number))).sort()
  t.strictSame(
    validation.requests.map(({ body }) => body.toString('latin1')).sort(),
    wanted,
    'the right digits, each once',
  )
  const onWire = callsOnWire(segments, ports)
  const gaps: number[] = []
  for (const call of told) {
    const flaws = flawsOf(call, onWire.get(call.number), clock(), gaps)
    t.strictSame(flaws, [], `call ${call.number}: accepted, parted, heard both ways, ended by the caller`)
  }
  t.equal(told.length, calls)
  const took = told.map(({ events }) => Number(find(events, 'secure.parted')?.['tookMs']))
  t.comment(`CPU, percent of a core: ${JSON.stringify(used)}`)
  t.comment(
    `parted after ${Math.max(...took).toFixed(0)} ms at most; longest gap to a caller ${Math.max(...gaps).toFixed(0)} ms`,
  )
}

/** What the agent keys into the form of a call. */
function formOf(number: number): readonly { readonly name: string; readonly value: string }[] {
  return [{ name: 'account', value: `customer ${number}` }]
}

/** Starts a session in each call when it is bridged. @returns the function that tells the HTTP statuses. */
function startSessionsOnBridging(sotto: Sotto): () => Promise<readonly number[]> {
  const answers: Promise<number>[] = []
  const seen = new Set<string>()
  const look = setInterval(() => {
    for (const { callId, number, events } of callsOf(sotto.events)) {
      if (seen.has(callId) || find(events, 'call.bridged') === undefined) continue
      seen.add(callId)
      answers.push(sotto.startSecureSession(callId, formOf(number)).then(({ status }) => status))
    }
  }, 20)
  return () => {
    clearInterval(look)
    return Promise.all(answers)
  }
}

/** @returns the function that tells what must be added to the server's times to get milliseconds since 1970. */
function clockOffset(sotto: Sotto): () => number {
  let seen = 0
  let least = Number.POSITIVE_INFINITY
  const look = setInterval(() => {
    // The event that came fastest tells the offset best.
    for (; seen < sotto.events.length; seen++) least = Math.min(least, Date.now() - (sotto.events[seen]?.atMs ?? 0))
  }, 2)
  return () => {
    clearInterval(look)
    return least
  }
}

function callsOf(events: readonly TimelineEvent[]): readonly CallTold[] {
  return events
    .filter(({ type }) => type === 'call.arrived')
    .map((arrived) => ({
      callId: String(arrived['callId']),
      number: Number(/^\+4930(\d+)$/.exec(String(arrived['from']))?.[1]),
      events: events.filter(({ callId }) => callId === arrived['callId']),
    }))
}

function find(events: readonly TimelineEvent[], type: string): TimelineEvent | undefined {
  return events.find((event) => event.type === type)
}

/** @returns what was wrong with a call, in words. @param gaps gets the longest time between two packets to the caller, milliseconds. */
function flawsOf(call: CallTold, wire: CallOnWire | undefined, offsetMs: number, gaps: number[]): readonly string[] {
  const outcome = find(call.events, 'secure.ended')?.['outcome'] as { result?: string } | undefined
  const ending = find(call.events, 'call.ended')?.['ending']
  const flaws: string[] = []
  if (outcome?.result !== 'accepted') flaws.push(`outcome ${JSON.stringify(outcome)}`)
  if (ending !== 'caller-hung-up') flaws.push(`ended: ${String(ending)}`)
  if (wire === undefined) return [...flaws, 'not on the wire']
  const at = (type: string): number => (find(call.events, type)?.atMs ?? Number.NaN) + offsetMs
  const [parted, rejoined, ended] = [at('secure.parted'), at('secure.rejoined'), at('call.ended')]
  gaps.push(longestGapMs(between(wire.callerOut, parted, ended).packets))
  return [...flaws, ...apartFlaws(wire, parted + IN_FLIGHT_MS, rejoined), ...togetherFlaws(wire, rejoined, ended)]
}

function between(line: WireLine, fromMs: number, toMs: number) {
  return stretchOf(line.heard, line.pcm, line.sampleRate, fromMs, toMs)
}

/** While they are parted: neither hears the other, and no key is on the agent's leg. */
function apartFlaws(wire: CallOnWire, fromMs: number, toMs: number): readonly string[] {
  const [toAgent, toCaller] = [between(wire.agentOut, fromMs, toMs), between(wire.callerOut, fromMs, toMs)]
  const codec = toAgent.packets[0]?.payloadType ?? -1
  const flaws: string[] = []
  if (foreignPackets(toAgent, codec) > 0) flaws.push('telephone-events to the agent')
  if (keysInSound(toAgent) > 0) flaws.push('keys in the sound to the agent')
  if (loudest(toAgent, CALLER_HUM_HZ) > HEARD_DBM0) flaws.push('the agent hears the caller while parted')
  if (loudest(toCaller, AGENT_HUM_HZ) > HEARD_DBM0) flaws.push('the caller hears the agent while parted')
  return flaws
}

/** After the rejoin: packets flow in all four directions, and each hears the other. */
function togetherFlaws(wire: CallOnWire, rejoinedMs: number, endedMs: number): readonly string[] {
  const [fromMs, toMs] = [rejoinedMs + SETTLED_MS, endedMs - SETTLED_MS]
  const least = (toMs - fromMs) * PACKETS_PER_MS * LEAST_PART
  const flaws = Object.entries(wire).flatMap(([name, line]) => {
    const { length } = between(line, fromMs, toMs).packets
    return length > 0 && length >= least ? [] : [`${name}: ${length} packets in ${toMs - fromMs} ms`]
  })
  if (loudest(between(wire.agentOut, fromMs, toMs), CALLER_HUM_HZ) <= HEARD_DBM0)
    flaws.push('the agent does not hear the caller')
  if (loudest(between(wire.callerOut, fromMs, toMs), AGENT_HUM_HZ) <= HEARD_DBM0)
    flaws.push('the caller does not hear the agent')
  for (const name of ['callerOut', 'agentOut'] as const)
    flaws.push(...seamsOf(wire[name].heard).map((seam) => `${name}: ${seam}`))
  return flaws
}

function errorsOf(folder: string, output: string): string {
  try {
    return readFileSync(join(folder, 'errors.log'), 'utf8').slice(0, 3000)
  } catch {
    return output.slice(-3000)
  }
}
