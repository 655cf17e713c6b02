/** The demo's call, as both people would do it: they talk, the agent asks for the card, the caller keys it, they talk again. */

import type { Moments } from './proof.ts'
import type { Stage } from './stage.ts'
import { pause } from './waiting.ts'

export type ScriptOptions = {
  /** Digits of the card number. */
  readonly card: string
  readonly inband: boolean
  readonly featureCode: boolean
  /** Done once the card number is taken, before the next field is keyed. */
  readonly afterCard?: () => Promise<void>
  /** Done once both hear each other again, before the caller hangs up. */
  readonly afterRejoin?: () => Promise<void>
}

const STAR_71 = [10, 7, 1]
const HASH = 11
const TALK_MS = 2000
/** A caller listens to the beginning of a prompt before keying. */
const LISTEN_MS = 1500
const SESSION_LIMIT_MS = 90_000
/** American Express numbers are one digit shorter than others, and their security code one longer. */
const AMERICAN_EXPRESS_DIGITS = 15

/** Plays it. @returns when what happened. @throws Error when it does not go on. */
export async function playCall(stage: Stage, options: ScriptOptions): Promise<Moments> {
  const { card, inband, featureCode } = options
  const { caller, agent, server, until, capture } = stage
  const how = inband ? 'in-band' : 'event'
  await agent.signalling.register()
  await caller.call('100')
  const bridged = await until('call.bridged', 10_000)
  const bridgedMs = performance.now()
  await pause(TALK_MS)

  const entries = [card, expiryOf(new Date()), card.length === AMERICAN_EXPRESS_DIGITS ? '1234' : '123']
  // What the caller keys is for nobody's eyes, so what it sends is left out of the capture from here to the rejoin.
  capture.leaveOut(caller.sound.address)
  const askedMs = performance.now()
  if (featureCode) {
    await agent.sound.press(STAR_71, how)
  } else {
    const { status } = await server.request('POST', `/api/v1/calls/${String(bridged['callId'])}/secure-sessions`, {
      fields: [
        { name: 'customer account', value: '343453422' },
        { name: 'charge amount', value: '14.55' },
      ],
    })
    if (status !== 202) throw new Error(`the secure session was refused: HTTP ${status}`)
  }
  const { atMs: requestedAtMs } = await until('secure.requested', 5000)
  const { atMs: partedAtMs } = await until('secure.parted', 5000)
  const partedMs = performance.now()
  // By the API the clock runs from the request; a feature code is a request only when its last key is down.
  const requestedMs = featureCode ? partedMs - (partedAtMs - requestedAtMs) : askedMs
  const keyed = new Set<string>()
  let ended = false
  const rejoined = until('secure.rejoined', SESSION_LIMIT_MS).then(() => {
    ended = true
    return performance.now()
  })
  while (!ended) {
    const asking = stage.events.findLast((event) => event.type === 'secure.asking')
    const entry = entries[Number(asking?.['field'] ?? -1)]
    const turn = `${String(asking?.['field'])}/${String(asking?.['attempt'])}`
    if (entry !== undefined && !keyed.has(turn)) {
      if (keyed.size === 1) await options.afterCard?.()
      keyed.add(turn)
      await pause(LISTEN_MS)
      await caller.sound.press([...[...entry].map(Number), HASH], how)
    }
    await Promise.race([rejoined, pause(50)])
  }
  const rejoinedMs = await rejoined
  capture.leaveOut(undefined)
  await pause(TALK_MS)
  await options.afterRejoin?.()
  const endedMs = performance.now()
  await caller.signalling.hangUp()
  await until('call.ended', 5000)
  return { bridgedMs, requestedMs, partedMs, rejoinedMs, endedMs }
}

/** A date two years ahead, as the keypad gives it: month and year, two digits each. */
export function expiryOf(today: Date): string {
  return `12${String((today.getUTCFullYear() + 2) % 100).padStart(2, '0')}`
}
