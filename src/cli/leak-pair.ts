/** A pair of softphones that places the leak test's call on a running server: a caller on a trunk, an agent on an account. */

import { createCallCapture } from '../demo/call-capture.ts'
import { openPhone, type Phone, type PhoneOptions } from '../demo/phone.ts'
import { expiryOf } from '../demo/script.ts'
import type { TimelineEvent } from '../demo/timeline.ts'
import { pause, until } from '../demo/waiting.ts'
import { readSecretFile } from './leak-arguments.ts'

/** A call of our own. */
export type LiveCall = {
  /** The server's SIP listener over UDP. */
  readonly sip: { readonly address: string; readonly port: number }
  /** An address of this machine that the server knows as a trunk's, and one for the agent's phone, which is another one. */
  readonly from: string
  readonly agentFrom: string
  /** What the caller dials; it must lead to the account. */
  readonly number: string
  readonly account: string
  readonly passwordFile: string
}

export type Pair = {
  /** Where the sound of either goes, address and port as a capture names it. */
  readonly ends: { readonly caller: string; readonly agent: string }
  /** The agent registers, the caller calls. @returns when both talk. */
  connect(number: string): Promise<void>
  /** The caller keys digits and ends the entry. */
  key(digits: string): Promise<void>
  /** Keys whatever is asked for after the number. @param events of the call so far. @returns when it is over. */
  keyOn(events: () => readonly TimelineEvent[], over: () => boolean): Promise<void>
  close(): Promise<void>
}

const HASH = 11
const HUM_HZ = { caller: 1850, agent: 2150 }
const RING_LIMIT_MS = 20_000
/** A caller listens to the beginning of a prompt before keying. */
const LISTEN_MS = 1500
const CODE = '123'

/** Opens both; nothing is sent yet. */
export async function openPair(call: LiveCall): Promise<Pair> {
  const capture = createCallCapture(() => performance.timeOrigin + performance.now())
  const shared: Pick<PhoneOptions, 'server' | 'codec' | 'capture'> = { server: call.sip, codec: 'PCMA', capture }
  const password = readSecretFile(call.passwordFile)
  const agent = await openPhone({
    ...shared,
    user: call.account,
    password,
    address: call.agentFrom,
    humHz: HUM_HZ.agent,
    ringMs: 500,
  })
  const caller = await openPhone({
    ...shared,
    user: 'sotto-leak-test',
    password: undefined,
    address: call.from,
    humHz: HUM_HZ.caller,
    ringMs: 0,
  })
  const key = (digits: string): Promise<void> => caller.sound.press([...[...digits].map(Number), HASH])
  const endOf = ({ sound }: Phone): string =>
    `${sound.address.includes(':') ? `[${sound.address}]` : sound.address}:${sound.port}`
  return {
    ends: { caller: endOf(caller), agent: endOf(agent) },
    connect: async (number) => {
      await agent.signalling.register()
      await caller.call(number)
      await until(() => agent.signalling.inCall, 'the agent\u2019s phone in the call', RING_LIMIT_MS)
    },
    key,
    keyOn: async (events, over) => {
      const keyed = new Set<string>()
      while (!over()) {
        const asking = events().findLast(({ type }) => type === 'secure.asking')
        const field = Number(asking?.['field'] ?? 0)
        const turn = `${field}/${String(asking?.['attempt'])}`
        if (field > 0 && !keyed.has(turn)) {
          keyed.add(turn)
          await pause(LISTEN_MS)
          await key(field === 1 ? expiryOf(new Date()) : CODE)
        }
        await pause(50)
      }
    },
    close: async () => {
      await caller.signalling.hangUp()
      // The agent's phone still has to answer the server's BYE.
      await until(() => !agent.signalling.inCall, 'the end of the call', RING_LIMIT_MS).catch(() => undefined)
      await Promise.all([caller.close(), agent.close()])
    },
  }
}
