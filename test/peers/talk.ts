/**
 * A call between a scripted caller and a scripted agent in a story, and the secure sessions in it: what the caller keys, what the vault
 * says, and what must hold of every session whatever its end.
 */

import type { Test } from 'tap'
import { landedMs } from '../../src/demo/hold-ups.ts'
import { foreignPackets, keysInSound, loudest, loudness, type Stretch, stretchOf } from '../../src/demo/listening.ts'
import type { Phone, PhoneOptions } from '../../src/demo/phone.ts'
import type { TimelineEvent } from '../../src/demo/timeline.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import { goertzelPower, levelOf } from '../../src/rtp/tone.ts'
import { CANARY, type Chosen, type Sotto } from './sotto.ts'

export const CALLER_HUM_HZ = 1850
export const AGENT_HUM_HZ = 2150
/** A hum is sent at -13 dBm0; music and speech have little at its pitch. */
const HEARD_DBM0 = -25
/** One packet of a hum is 7 dB above this; music and prompts are 8 dB below it at these pitches, in any 20 ms. */
const PACKET_OF_HUM_DBM0 = -20
const KEY_MS = { event: [60, 40], 'in-band': [80, 80] } as const

export type How = 'event' | 'in-band'

export type Talk = {
  readonly sotto: Sotto
  readonly callId: string
  readonly caller: Phone
  readonly agent: Phone
  /** Starts a secure session by the API. @throws Error when it is refused. */
  secure(fields?: readonly { name: string; value: string }[], chosen?: Chosen): Promise<Session>
  /** The session that was started in another way. */
  session(requested: TimelineEvent): Session
  /** The caller keys; `*` and `#` included. */
  key(keys: string, how?: How): Promise<void>
  /** The call's `call.ended`. */
  over(limitMs?: number): Promise<TimelineEvent>
}

export type Session = {
  readonly sessionId: string
  /** Of this session, the first that fits. */
  event(type: string, limitMs?: number, fits?: (event: TimelineEvent) => boolean): Promise<TimelineEvent>
  /** Waits for a question. @param field counted from 0 */
  asked(field: number, attempt?: number): Promise<TimelineEvent>
  /** Keys card number, expiry date and security code, each when it is asked for. */
  enter(card: string, how?: How): Promise<void>
  /** What comes after the card number. */
  enterRest(how?: How): Promise<void>
  events(): readonly TimelineEvent[]
}

export type TalkOptions = {
  readonly caller?: Partial<PhoneOptions>
  readonly agent?: Partial<PhoneOptions>
  /** The number that is dialled; 100 when absent. */
  readonly number?: string
}

/** A phone registers, another calls it, and both hear each other. */
export async function talk(t: Test, sotto: Sotto, options: TalkOptions = {}): Promise<Talk> {
  const agent = await sotto.agent(options.agent)
  const caller = await sotto.caller(options.caller)
  const from = sotto.events.length
  const talking = await dial(sotto, caller, agent, options.number ?? '100', from)
  await hearEachOther(t, talking)
  return talking
}

/** Calls with phones that are there already, such as again after an end. */
export async function dial(sotto: Sotto, caller: Phone, agent: Phone, number: string, from: number): Promise<Talk> {
  await caller.call(number)
  const account = number === '100' ? 'agent' : `agent-${Number(number) - 99}`
  const bridged = await sotto.event(
    ({ type, agent: to }) => type === 'call.bridged' && to === account,
    `call to ${number} bridged`,
    10_000,
    from,
  )
  return talkingIn(sotto, String(bridged['callId']), caller, agent)
}

/** A call that stands, such as with another agent. */
export function talkingIn(sotto: Sotto, callId: string, caller: Phone, agent: Phone): Talk {
  const key = (keys: string, how: How = 'event'): Promise<void> =>
    caller.sound.press(codesOf(keys), how, ...KEY_MS[how])
  const session = (requested: TimelineEvent): Session => sessionOf(sotto, String(requested['sessionId']), key)
  return {
    sotto,
    callId,
    caller,
    agent,
    key,
    session,
    secure: async (fields, chosen) => {
      const { status, body } = await sotto.startSecureSession(callId, fields, chosen)
      if (status !== 202) throw new Error(`no secure session: ${status} ${JSON.stringify(body)}`)
      const { sessionId } = body as { sessionId: string }
      return sessionOf(sotto, sessionId, key)
    },
    over: (limitMs = 5000) =>
      sotto.event((event) => event.type === 'call.ended' && event['callId'] === callId, 'the call over', limitMs),
  }
}

function sessionOf(sotto: Sotto, sessionId: string, key: Talk['key']): Session {
  const event: Session['event'] = (type, limitMs, fits = () => true) =>
    sotto.event(
      (seen) => seen.type === type && seen['sessionId'] === sessionId && fits(seen),
      `${type} of ${sessionId}`,
      limitMs,
    )
  const asked: Session['asked'] = (field, attempt = 1) =>
    event('secure.asking', 30_000, (seen) => seen['field'] === field && seen['attempt'] === attempt)
  const enterRest: Session['enterRest'] = async (how) => {
    await asked(1)
    await key(`${nextYearsEnd()}#`, how)
    await asked(2)
    await key('123#', how)
  }
  return {
    sessionId,
    event,
    asked,
    enter: async (card, how) => {
      await asked(0)
      await key(`${card}#`, how)
      await enterRest(how)
    },
    enterRest,
    events: () => sotto.events.filter((seen) => seen['sessionId'] === sessionId),
  }
}

/** An expiry date in the future, as it is keyed: month and year. */
export function nextYearsEnd(): string {
  return `12${String((new Date().getUTCFullYear() + 1) % 100).padStart(2, '0')}`
}

/** RFC 4733 codes of keys written as text. */
export function codesOf(keys: string): number[] {
  return [...keys].map((key) => (key === '*' ? 10 : key === '#' ? 11 : Number(key)))
}

/** How soon it has to be is judged elsewhere: a busy machine may take as long as that. */
const HEAR_LIMIT_MS = 15_000

/** Waits until both legs hear each other. */
export async function hearEachOther(t: Test, { caller, agent }: Talk, what = 'caller and agent'): Promise<void> {
  const hears = (phone: Phone, hz: number) => phone.sound.levelOf(hz, 300) > HEARD_DBM0
  await until(
    () => hears(agent, CALLER_HUM_HZ) && hears(caller, AGENT_HUM_HZ),
    `${what} hear each other`,
    HEAR_LIMIT_MS,
  )
  t.pass(`${what} hear each other`)
}

/** What must hold of every session: wiped before rejoined, and nothing of the caller and no key at the agent while parted. */
export async function checkParted(t: Test, talking: Talk, session: Session): Promise<void> {
  const { sotto, caller, agent } = talking
  const ended = await session.event('secure.ended', 30_000)
  const events = session.events()
  const at = (type: string) => events.findIndex((event) => event.type === type)
  const parted = events[at('secure.parted')]
  const rejoined = events[at('secure.rejoined')]
  if (parted === undefined) throw new Error('the session never parted')
  t.equal(rejoined === undefined, ended['rejoined'] === 'no', 'rejoined or not, as it is told')
  const gone = Math.max(at('secure.wiped'), at('secure.vault-lost'))
  t.ok(gone >= 0, 'wiped, or the vault and its memory gone')
  if (rejoined !== undefined) t.ok(gone < at('secure.rejoined'), 'wiped before rejoined')

  const untilMs = rejoined === undefined ? sotto.whenMs(ended) : sotto.whenMs(rejoined) - Number(rejoined['gapMs'])
  const fromMs = landedMs(sotto.whenMs(parted), sotto.holdUps.heldMs)
  const heardBy = (phone: Phone): Stretch => {
    const { heard, sampleRate } = phone.sound
    return stretchOf(heard, phone.sound.pcm(), sampleRate, fromMs, untilMs)
  }
  const [atAgent, atCaller] = [heardBy(agent), heardBy(caller)]
  t.equal(packetsOfHum(atAgent, CALLER_HUM_HZ), 0, 'parted: no packet of the caller at the agent')
  t.equal(packetsOfHum(atCaller, AGENT_HUM_HZ), 0, 'parted: no packet of the agent at the caller')
  t.ok(loudest(atAgent, CALLER_HUM_HZ) < HEARD_DBM0, 'parted: the agent hears nothing of the caller')
  const type = atAgent.packets[0]?.payloadType ?? -1
  t.equal(foreignPackets(atAgent, type), 0, 'parted: no telephone-event at the agent')
  t.equal(keysInSound(atAgent), 0, 'parted: no key to be made out at the agent')
}

/** The caller was told something between the wipe and the rejoin. */
export async function checkTold(t: Test, { sotto, caller }: Talk, session: Session): Promise<void> {
  const wiped = await session.event('secure.wiped')
  const rejoined = await session.event('secure.rejoined', 30_000)
  const { heard, sampleRate } = caller.sound
  const told = stretchOf(heard, caller.sound.pcm(), sampleRate, sotto.whenMs(wiped), sotto.whenMs(rejoined))
  t.ok(loudness(told) > -40, `the caller is told, ${loudness(told).toFixed(1)} dBm0 of speech`)
  t.ok(loudest(told, AGENT_HUM_HZ) < HEARD_DBM0, 'by a voice that is not the agent')
}

/** The card number is nowhere: not in control, media or vault, not in the log, not in a file. */
export async function checkClean(t: Test, sotto: Sotto, ...cards: readonly string[]): Promise<void> {
  // "One second after the end", and the event stream has no say in it.
  await pause(1000)
  for (const card of cards.length === 0 ? [CANARY] : cards)
    t.strictSame(await sotto.search(card), [], 'the card number is nowhere')
}

/** How many packets hold a hum; one of them is 20 ms long. */
function packetsOfHum({ packets, pcm, sampleRate }: Stretch, hz: number): number {
  const first = packets[0]?.at ?? 0
  const count = sampleRate / 50
  let found = 0
  for (const { at } of packets) {
    if (at - first + count > pcm.length) break
    if (levelOf(goertzelPower(pcm, at - first, count, hz, sampleRate)) > PACKET_OF_HUM_DBM0) found += 1
  }
  return found
}
