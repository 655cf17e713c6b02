/**
 * Session timers (RFC 4028): how long a call may go without a sign of life, and who gives it. Both ends are supported:
 * whoever refreshes does so at half the time; the other ends the call when no refresh came.
 *
 * Pure; the one who holds a `SessionTimer` arms the clock.
 */

import { parseDigits } from './lexical.ts'
import { type Headers, headerOf, lists } from './message.ts'
import type { Line } from './write-message.ts'

export type SessionTimer = {
  /** Seconds between signs of life. */
  readonly seconds: number
  readonly weRefresh: boolean
}

/** The shortest interval we take: the minimum of RFC 4028 section 5. */
export const MIN_SE_SECONDS = 90
/** What we ask for in our own INVITEs. */
export const SESSION_EXPIRES_SECONDS = 1800

const DAY_MS = 86_400_000

type Asked = { readonly seconds: number; readonly refresher: 'uac' | 'uas' | undefined }

/** @returns whether a request asks for less than we take: 422 with Min-SE. */
export function isTooBrief(request: Headers): boolean {
  const asked = sessionExpires(request)
  return asked !== undefined && asked.seconds < MIN_SE_SECONDS && lists(request, 'supported', 'timer')
}

/** @returns the timer that a 2xx of ours to this request sets, and the headers that say so; undefined for none. */
export function timerAsServer(
  request: Headers,
): { readonly timer: SessionTimer; readonly headers: readonly Line[] } | undefined {
  const asked = sessionExpires(request)
  if (asked === undefined) return undefined
  const theyCan = lists(request, 'supported', 'timer') || lists(request, 'require', 'timer')
  // Somebody on the way wants a timer that the far end does not know (section 9, table 2): then we refresh.
  const refresher = theyCan ? (asked.refresher ?? 'uac') : 'uas'
  const seconds = Math.max(asked.seconds, MIN_SE_SECONDS)
  const said: Line = ['Session-Expires', `${seconds};refresher=${refresher}`]
  return {
    timer: { seconds, weRefresh: refresher === 'uas' },
    headers: theyCan ? [said, ['Require', 'timer']] : [said],
  }
}

/** @returns the timer that a 2xx to a request of ours sets. */
export function timerAsClient(response: Headers): SessionTimer | undefined {
  const asked = sessionExpires(response)
  return asked === undefined
    ? undefined
    : { seconds: Math.max(asked.seconds, MIN_SE_SECONDS), weRefresh: asked.refresher !== 'uas' }
}

/** The headers of an INVITE or UPDATE of ours: what we ask for, or what is agreed already. */
export function timerHeaders(timer: SessionTimer | undefined, minSeSeconds: number | undefined): readonly Line[] {
  const seconds = Math.max(timer?.seconds ?? SESSION_EXPIRES_SECONDS, minSeSeconds ?? 0)
  const refresher = timer === undefined ? '' : `;refresher=${timer.weRefresh ? 'uac' : 'uas'}`
  const expires: Line = ['Session-Expires', `${seconds}${refresher}`]
  return minSeSeconds === undefined ? [expires] : [expires, ['Min-SE', String(minSeSeconds)]]
}

/** @param leftMs until it expires. @returns ms until we must act: half way to refresh, or a little before the end to hang up (section 10). */
export function actAfterMs({ seconds, weRefresh }: SessionTimer, leftMs: number): number {
  const ms = weRefresh ? leftMs / 2 : leftMs - Math.min(32, seconds / 3) * 1000
  return Math.min(Math.round(ms), DAY_MS)
}

/** @returns Min-SE of a 422. */
export function minSeOf(response: Headers): number | undefined {
  return parseDigits((headerOf(response, 'min-se') ?? '').split(';', 1)[0]?.trim() ?? '', 86_400)
}

function sessionExpires(message: Headers): Asked | undefined {
  const [delta, ...params] = (headerOf(message, 'session-expires') ?? '').split(';', 16)
  const seconds = parseDigits(delta?.trim() ?? '', 2 ** 31)
  if (seconds === undefined) return undefined
  for (const param of params) {
    const [name, value] = param.split('=', 2)
    const who = value?.trim().toLowerCase()
    if (name?.trim().toLowerCase() === 'refresher' && (who === 'uac' || who === 'uas'))
      return { seconds, refresher: who }
  }
  return { seconds, refresher: undefined }
}
