/**
 * One call of a wave: a caller with a card of his own keys what he is asked for, whatever happens to the server meanwhile. Nobody tells him of a
 * vault's death, so he keys on. All that is remembered is for the judge (`struck-verdict.ts`).
 */

import type { CallCapture } from '../../src/demo/call-capture.ts'
import { openPhone, type Phone } from '../../src/demo/phone.ts'
import type { TimelineEvent } from '../../src/demo/timeline.ts'
import { pause } from '../../src/demo/waiting.ts'
import type { BadLine } from './bad-line.ts'
import { type Sotto, TRUNK_ADDRESS } from './sotto.ts'
import type { Moment } from './strikes.ts'
import { AGENT_HUM_HZ, CALLER_HUM_HZ, codesOf, nextYearsEnd } from './talk.ts'

export type StruckCall = {
  readonly slot: number
  readonly callId: string
  readonly card: string
  /** Sent along with the entry, so that the request can be told from others. */
  readonly account: string
  readonly caller: Phone
  readonly agent: Phone
  /** Of this call, oldest first. */
  readonly events: TimelineEvent[]
  /** When each phone was released; undefined while it is in the call. */
  readonly releasedMs: { caller?: number; agent?: number }
  /** How often a secure session was refused before one began. */
  refusals: number
  /** When the caller last stopped keying. */
  keyedUntilMs: number
  sessionId: string | undefined
}

export type CallOptions = {
  readonly sotto: Sotto
  readonly slot: number
  readonly wave: number
  readonly card: string
  readonly agent: Phone
  /** Between the caller's phone and the server; straight when absent. */
  readonly line: BadLine | undefined
}

const HEARD_DBM0 = -25
const STALE_MS = 500
const DIAL_LIMIT_MS = 20_000
const START_LIMIT_MS = 15_000
const SESSION_LIMIT_MS = 90_000
const SETTLE_LIMIT_MS = 6000
const POLL_MS = 10
const KEY_MS = { event: [60, 40], 'in-band': [80, 60] } as const
const THINK_MS = 600
/** Keeps nothing. */
export const FORGETFUL: CallCapture = { add: () => undefined, leaveOut: () => undefined, bytes: () => Buffer.alloc(0) }

/** Calls the agent of the slot until there is a call in which both hear each other. @throws Error when there is none in time. */
export async function placeCall({ sotto, slot, wave, card, agent, line }: CallOptions): Promise<StruckCall> {
  const endMs = performance.now() + DIAL_LIMIT_MS
  for (let tries = 0; ; tries++) {
    const user = `+4930${String(wave * 100 + slot).padStart(6, '0')}${tries}`
    const server = { address: '127.0.0.1', port: sotto.sipPort }
    const openSound = line === undefined || tries > 0 ? {} : { openSound: line.openSound }
    const caller = await openPhone({
      user,
      password: undefined,
      address: TRUNK_ADDRESS,
      server,
      codec: 'PCMA',
      humHz: CALLER_HUM_HZ,
      ringMs: 50,
      capture: FORGETFUL,
      ...openSound,
    })
    agent.sound.forget()
    const callId = await dialled(sotto, caller, slot, user, endMs)
    const call = callId === undefined ? undefined : { callId, caller, agent }
    if (call !== undefined && (await comes(() => hearsBoth(call), SETTLE_LIMIT_MS))) {
      return {
        slot,
        card,
        account: user,
        ...call,
        events: [],
        releasedMs: {},
        refusals: 0,
        keyedUntilMs: 0,
        sessionId: undefined,
      }
    }
    await agent.signalling.hangUp()
    await caller.close()
    if (performance.now() > endMs) throw new Error(`no call from ${user}\n${sotto.log().slice(-2000)}`)
    await pause(200)
  }
}

async function dialled(sotto: Sotto, caller: Phone, slot: number, user: string, endMs: number) {
  const from = sotto.events.length
  const taken = await caller.call(String(100 + slot)).then(
    () => true,
    () => false,
  )
  if (!taken) return undefined
  const arrived = () =>
    sotto.events.slice(from).find((event) => event.type === 'call.arrived' && event['from'] === user)
  await comes(() => arrived() !== undefined, Math.max(0, endMs - performance.now()))
  const callId = arrived()?.['callId']
  return callId === undefined ? undefined : String(callId)
}

/** Starts the session and keys until it is over and both hear each other or are released. @returns false when that takes too long. */
export async function payByPhone(call: StruckCall, sotto: Sotto, random: () => number): Promise<boolean> {
  await pause(random() * 1500)
  const endMs = performance.now() + START_LIMIT_MS
  while (call.sessionId === undefined) {
    if (isOver(call)) return true
    const fields = [{ name: 'customer account', value: call.account }]
    const answer = await sotto.startSecureSession(call.callId, fields).catch(() => undefined)
    if (answer?.status === 202) call.sessionId = (answer.body as { sessionId: string }).sessionId
    else if (performance.now() > endMs) return false
    else {
      call.refusals += 1
      await pause(100)
    }
  }
  const how = call.slot % 3 === 2 ? 'in-band' : 'event'
  const sessionEndMs = performance.now() + SESSION_LIMIT_MS
  for (let seen = 0; performance.now() < sessionEndMs; ) {
    const next = call.events.findIndex(({ type }, i) => i >= seen && type === 'secure.asking')
    if (next < 0) {
      if (isOver(call)) return comes(() => isSettled(call), SETTLE_LIMIT_MS)
      await pause(POLL_MS)
      continue
    }
    seen = next + 1
    await pause(100 + random() * THINK_MS)
    const field = Number(call.events[next]?.['field'])
    await call.caller.sound.press(codesOf(`${keysOf(call, field)}#`), how, ...KEY_MS[how])
    call.keyedUntilMs = performance.now()
  }
  return false
}

function keysOf(call: StruckCall, field: number): string {
  return [call.card, nextYearsEnd(), '123'][field] ?? ''
}

function isOver(call: StruckCall): boolean {
  return call.events.some(({ type }) => type === 'secure.ended' || type === 'call.ended')
}

/** Both hear each other, or both were released: anything else is a call left one-way. */
export function isSettled(call: StruckCall): boolean {
  const { caller, agent } = call.releasedMs
  return caller !== undefined && agent !== undefined ? true : hearsBoth(call)
}

/** Each hears the other now. */
export function hearsBoth({ caller, agent }: Pick<StruckCall, 'caller' | 'agent'>): boolean {
  return hears(caller, AGENT_HUM_HZ) && hears(agent, CALLER_HUM_HZ)
}

function hears({ sound }: Phone, hz: number): boolean {
  const last = sound.heard.at(-1)
  if (last === undefined || performance.now() - last.arrivedMs > STALE_MS) return false
  return sound.levelOf(hz, 300) > HEARD_DBM0
}

/** Whether a session has got so far, by what was told of it last. */
export function isAt(call: StruckCall, moment: Moment): boolean {
  const last = call.events.at(-1)
  switch (moment) {
    case 'parting':
      return last?.type === 'secure.requested'
    case 'handing':
      return last?.type === 'secure.parted'
    case 'asking':
      return last?.type === 'secure.asking'
    case 'half-keyed':
      return last?.type === 'secure.progress' && Number(last['field']) === 0 && Number(last['keys']) >= 8
    case 'submitting':
      return last?.type === 'secure.submitting'
    case 'telling':
    case 'returning':
      return last?.type === 'secure.wiped'
    case 'rejoined':
      return call.events.some(({ type }) => type === 'secure.rejoined')
    case 'renewing':
      return call.events.some(({ type }) => type === 'secure.vault-lost')
  }
}

/** Waits for a condition. @returns false when it does not come. */
export async function comes(condition: () => boolean, limitMs: number): Promise<boolean> {
  const endMs = performance.now() + limitMs
  while (!condition()) {
    if (performance.now() > endMs) return false
    await pause(POLL_MS)
  }
  return true
}

/** @returns a number of a Visa test range whose check digit fits (ISO/IEC 7812-1 annex B). */
export function cardOf(random: () => number): string {
  const body = `4${Array.from({ length: 14 }, () => Math.floor(random() * 10)).join('')}`
  const sum = [...body].reduce((total, digit, i) => total + (i % 2 === 0 ? doubled(Number(digit)) : Number(digit)), 0)
  return `${body}${(10 - (sum % 10)) % 10}`
}

function doubled(digit: number): number {
  return digit > 4 ? digit * 2 - 9 : digit * 2
}
