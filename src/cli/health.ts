/**
 * `sotto health`: whether the server of a configuration may be sent calls, or with `--live` whether to leave it alone, as one line and an exit code. What a container is checked by,
 * which has no other program to ask with.
 *
 * It asks where the server itself has written down that it is: a file that is being edited, or whose change waits for a restart, says nothing about a server that goes on as it was.
 *
 * Nothing secret is said or told, and the address is one of this machine: over HTTPS no certificate is judged. One that has expired, that an own authority has signed or
 * that was renewed on the disk is no reason to restart what has calls.
 */

import { get, type IncomingMessage } from 'node:http'
import { get as getByTls } from 'node:https'
import { text } from 'node:stream/consumers'
import type { Milliseconds } from '../base/units.ts'
import { type ConfigScope, configuredPart, type WriteLine } from './configured.ts'
import { addressOf, apiOf, writtenAddress } from './server-address.ts'

export type HealthInput = ConfigScope & {
  /** Whether it answers is enough: it may drain, or wait for a vault. */
  readonly live: boolean
  /** `HEALTH_LIMIT_MS` when absent. */
  readonly limitMs?: Milliseconds
}

/** What came of the question. */
type Found =
  | { readonly at: 'answered'; readonly ready: boolean; readonly draining: boolean }
  /** Somebody else is there. */
  | { readonly at: 'strange'; readonly status: number }
  | { readonly at: 'late' }
  | { readonly at: 'unreached'; readonly code: string }

/** For the whole answer. */
export const HEALTH_LIMIT_MS: Milliseconds = 5000

/** @returns 0 when it is so, 1 when not; what is wrong, or how it does, in one line. */
export async function health(input: HealthInput, write: WriteLine): Promise<0 | 1> {
  const { live, limitMs = HEALTH_LIMIT_MS } = input
  const tell = (api: string, found: Found): 0 | 1 => {
    write(`${api}: ${describeFound(found, limitMs)}`)
    return found.at === 'answered' && (live || (found.ready && !found.draining)) ? 0 : 1
  }
  const written = writtenAddress(input)
  if (written !== undefined) {
    const api = apiOf(written)
    const found = await ask(api, limitMs)
    if (found.at === 'answered' || found.at === 'late') return tell(api, found)
    // It was killed, and has left what it wrote.
  }
  const mistakes: string[] = []
  const http = configuredPart('http', input, (line) => mistakes.push(line))
  if (http === undefined || http.port === 0) {
    write(mistakes[0] ?? 'http.port is 0, and no server has written down which one the system chose.')
    return 1
  }
  const api = apiOf(addressOf(http))
  return tell(api, await ask(api, limitMs))
}

/** Whether a server of ours is there. */
export async function isThere(api: string): Promise<boolean> {
  return (await ask(api, HEALTH_LIMIT_MS)).at === 'answered'
}

async function ask(api: string, limitMs: Milliseconds): Promise<Found> {
  const url = new URL('/health', api)
  const signal = AbortSignal.timeout(limitMs)
  try {
    const response = await answerOf(url, signal)
    return readHealth(response.statusCode ?? 0, await text(response))
  } catch (thrown) {
    if (signal.aborted) return { at: 'late' }
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'no HTTP'
    return { at: 'unreached', code }
  }
}

function answerOf(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked =
      url.protocol === 'https:'
        ? getByTls(url, { signal, agent: false, rejectUnauthorized: false }, resolve)
        : get(url, { signal, agent: false }, resolve)
    asked.on('error', reject)
  })
}

function readHealth(status: number, body: string): Found {
  try {
    const { ready, draining } = JSON.parse(body)
    if (typeof ready === 'boolean' && typeof draining === 'boolean') return { at: 'answered', ready, draining }
  } catch {
    // Whatever it is, it is not the answer.
  }
  return { at: 'strange', status }
}

function describeFound(found: Found, limitMs: Milliseconds): string {
  switch (found.at) {
    case 'answered':
      if (found.draining) return 'draining. It takes no new calls, and ends with those that it has.'
      return found.ready ? 'ready.' : 'not ready: it starts, or has no vault or no media process. Its log says which.'
    case 'strange':
      return `something else than Sotto answers there (HTTP ${found.status}). Look for what has taken http.port.`
    case 'late':
      return `no answer within ${limitMs / 1000} s. Look at its log, and whether the machine has time for it.`
    case 'unreached':
      return `not reached (${found.code}). It does not run, has not come so far, or listens elsewhere than its configuration says.`
  }
}
