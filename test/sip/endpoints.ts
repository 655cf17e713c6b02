/** Endpoints over a memory network, and an owner's events that write down what they are told. */

import {
  createSip,
  type IncomingSession,
  type OutgoingSession,
  type Referral,
  type Reoffer,
  type SessionEvents,
  type SipEndpoint,
  type SipOptions,
} from '../../src/sip/index.ts'
import type { MemoryNet } from './memory-wire.ts'

export type Notes = SessionEvents & {
  /** What was told, in order, one word each. */
  readonly told: string[]
  /** How often it was told that the far end hears us, which says nothing of where the call stands. */
  proved: number
  reoffers: Reoffer[]
  answerReoffers: boolean
  referrals: Referral[]
}

/** Events that note everything and, unless told otherwise, accept every offer with `answer to ...`. */
export function notes(): Notes {
  const told: string[] = []
  const all: Notes = {
    told,
    reoffers: [],
    answerReoffers: true,
    referrals: [],
    onProgress: (status, body) => told.push(body === undefined ? `progress ${status}` : `progress ${status} ${body}`),
    onAnswered: (body) => told.push(`answered ${body}`),
    onRefused: (status) => told.push(`refused ${status}`),
    proved: 0,
    onProved: () => {
      all.proved++
    },
    onConfirmed: (body) => told.push(`confirmed ${body}`),
    offer: () => 'offer again',
    onReoffer: (reoffer) => {
      told.push(`reoffer ${reoffer.method} ${reoffer.body}`)
      if (all.answerReoffers) reoffer.accept(`answer to ${reoffer.body}`)
      else all.reoffers.push(reoffer)
    },
    onKey: (key) =>
      told.push(key.how === 'plain' ? `key ${key.code}` : `sealed key for ${[...key.sealed.keys()].join()}`),
    onInfo: (contentType, body, respond) => {
      told.push(`info ${contentType} ${body.length}`)
      respond(200)
    },
    onText: ({ body, respond }) => {
      told.push(`text ${Buffer.from(body).toString()}`)
      respond(200)
    },
    onReferral: (referral) => {
      const { target, replaces } = referral
      told.push(`referral to ${target.user}${replaces === undefined ? '' : ` for ${replaces.session ?? 'nothing'}`}`)
      all.referrals.push(referral)
    },
    onEnded: (end) => told.push(`ended ${end.by}`),
  }
  return all
}

export type Endpoint = { readonly sip: SipEndpoint; readonly defects: unknown[]; readonly incoming: IncomingSession[] }

/** One endpoint. @param onIncoming default: note the session. */
export async function endpoint(
  net: MemoryNet,
  address: string,
  onIncoming: (session: IncomingSession) => void = () => {},
  more: Partial<SipOptions> = {},
): Promise<Endpoint> {
  const defects: unknown[] = []
  const incoming: IncomingSession[] = []
  const sip = createSip({
    listeners: [{ transport: 'udp', address, port: 5060 }],
    trunks: [{ name: 'net', addresses: ['10.0.0.1', '10.0.0.2', '10.0.0.3'] }],
    clock: net.clock,
    random: net.random,
    wire: net.wire(address),
    events: {
      onIncoming: (session) => {
        incoming.push(session)
        onIncoming(session)
      },
      onRegistrationChanged: () => {},
    },
    onDefect: (thrown) => defects.push(thrown),
    ...more,
  })
  await sip.listen()
  return { sip, defects, incoming }
}

/** Calls 10.0.0.2 (or another) with an offer. */
export function call(
  from: Endpoint,
  events: SessionEvents,
  body: string | undefined = 'offer',
  address = '10.0.0.2',
): OutgoingSession {
  return from.sip.invite({
    target: { uri: `sip:42@${address}` },
    from: { displayName: 'Caller', uri: 'sip:caller@10.0.0.1', user: 'caller' },
    events,
    ...(body === undefined ? {} : { body }),
  })
}
