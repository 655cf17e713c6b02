/** A caller in front of a vault: begins sessions with a payer's phone and keys its card. */

import type { CodecName } from '../../src/base/units.ts'
import { watchHoldUps } from '../../src/demo/hold-ups.ts'
import { pause } from '../../src/demo/waiting.ts'
import type { Ticket } from '../../src/media/contract.ts'
import type { Plan, Validation } from '../../src/vault/contract.ts'
import type { VaultPool, VaultSession } from '../../src/vault/pool.ts'
import type { Payer } from '../peers/payer-control.ts'
import { callerSocket, planFor, type SessionLog, sessionLog } from './bench.ts'

export type Card = 'mastercard' | 'american-express'
export type Begun = { readonly log: SessionLog; readonly session: VaultSession; readonly ticket: Ticket }

let transactions = 0

/** Begins a session with a new card; the service accepts until it is told otherwise. */
export async function beginSession(
  pool: VaultPool,
  payer: Payer,
  codec: CodecName,
  brand: Card,
  change: Partial<Plan> = {},
  validation: Partial<Validation> = {},
): Promise<Begun> {
  const { rtpPort = 0, validationPort = 0, authority = '' } = await payer.ask({ do: 'open', codec })
  await payer.ask({ do: 'card', brand })
  await payer.ask({ do: 'behave', behaviour: 'accept', echo: false })
  const { ticket, handle, socket, port } = await callerSocket(codec, rtpPort)
  const log = sessionLog()
  await payer.ask({ do: 'talk', port })
  const transactionId = `transaction-${transactions++}`
  const base = planFor({ validationPort, authority, transactionId })
  const plan = { ...base, validation: { ...base.validation, ...validation }, ...change }
  const session = pool.begin({ sessionId: `session-${transactions}`, ticket, handle, plan, events: log })
  // The handle is the socket's own; closing the socket as well would close it twice.
  socket.unref()
  return { log, session, ticket }
}

/** Keys all three fields, each as soon as it is asked for. */
export async function keyCard(payer: Payer, log: SessionLog, how: 'event' | 'in-band'): Promise<void> {
  await log.line('asking 0')
  await payer.ask({ do: 'press', what: 'card-number', how, after: [11] })
  await log.line('asking 1')
  await payer.ask({ do: 'press', what: 'expiry', how, after: [] })
  await log.line('asking 2')
  await payer.ask({ do: 'press', what: 'security-code', how, after: [] })
}

/** Lets a second pass beside what held us or these processes up: by then a vault has overwritten what it left behind. */
export async function aMoment(processIds: readonly number[]): Promise<void> {
  const holdUps = watchHoldUps(() => processIds)
  const fromMs = performance.now()
  const passedMs = () => performance.now() - fromMs - holdUps.heldMs(fromMs, performance.now())
  while (passedMs() < 1000) await pause(50)
  holdUps.close()
}
