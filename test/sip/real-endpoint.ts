/** An endpoint on real sockets of loopback, with the real clock. */

import { randomBytes } from 'node:crypto'
import { clockFrom } from '../../src/base/clock.ts'
import { createSip, type IncomingSession, type Sip, type SipOptions } from '../../src/sip/index.ts'

export type RealEndpoint = {
  readonly sip: Sip
  readonly defects: unknown[]
  readonly port: number
  readonly registrations: string[]
}

/** @param onIncoming gets each call. @param more options in place of the plain ones: loopback is a trunk, UDP and TCP on one address. */
export async function realEndpoint(
  onIncoming: (session: IncomingSession) => void,
  more: Partial<SipOptions> = {},
): Promise<RealEndpoint> {
  const defects: unknown[] = []
  const registrations: string[] = []
  const sip = createSip({
    listeners: [
      { transport: 'udp', address: '127.0.0.1', port: 0 },
      { transport: 'tcp', address: '127.0.0.1', port: 0 },
    ],
    trunks: [{ name: 'loopback', addresses: ['127.0.0.1', '::1'] }],
    clock: clockFrom({ now: () => performance.now(), setTimeout, clearTimeout }),
    random: (count) => randomBytes(count),
    events: {
      onIncoming,
      onRegistrationChanged: (account, contacts) => registrations.push(`${account} ${contacts}`),
    },
    onDefect: (thrown) => defects.push(thrown),
    ...more,
  })
  await sip.listen()
  return { sip, defects, port: sip.listening[0]?.port ?? 0, registrations }
}

/** On a busy machine all takes its time; below the 32 s after which a transaction is given up (RFC 3261 section 17.1.1.2). */
const LIMIT_MS = 20_000

/** Waits until something holds, for so long at most. @returns whether it did. */
export async function until(holds: () => boolean, limitMs = LIMIT_MS): Promise<boolean> {
  const endMs = performance.now() + limitMs
  while (!holds()) {
    if (performance.now() > endMs) return false
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return true
}
