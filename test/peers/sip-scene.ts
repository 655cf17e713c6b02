/**
 * A whole call with nothing of SIP left out: the real endpoint and the real calls in stepped time, a trunk that calls and a PBX that is called,
 * both scripted message by message. Media and vault are doubles. What a peer sends is written here; what comes back is noted in words.
 */

import { isEmergency } from '../../src/call/index.ts'
import { accounts } from '../../src/control/accounts.ts'
import { sipTrunks } from '../../src/control/sip-trunks.ts'
import { createSip, type Sip, type SipOptions } from '../../src/sip/index.ts'
import { headerOf, type SipRequest, type SipResponse, sdpOf } from '../../src/sip/message.ts'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import type { Line } from '../../src/sip/write-message.ts'
import { type MemoryNet, memoryNet } from '../sip/memory-wire.ts'
import { type ScriptedPeer, scriptedPeer } from '../sip/scripted-peer.ts'
import { type Bench, callBench, configOf } from './call-bench.ts'
import { phoneAnswer, phoneMedia } from './phone-media.ts'

export type Side = 'caller' | 'agent'

export const SOTTO = '10.0.0.2'
const HOSTS: Readonly<Record<Side, string>> = { caller: '10.0.0.1', agent: '10.0.0.3' }
const MEDIA: Readonly<Record<Side, number>> = { caller: 4000, agent: 5000 }

const CONFIG = `
sip: { announcedAddress: ${SOTTO} }
media: { address: ${SOTTO}, codecs: [G722, PCMA, PCMU] }
phones: [{ account: alice, password: a-password-of-tests }]
trunks: [{ name: carrier, addresses: [${HOSTS.caller}] }]
routes:
  - { number: '42', to: { uri: 'sip:agent@${HOSTS.agent}' } }
`

/** What a peer adds to the usual message. */
export type More = {
  readonly headers?: readonly Line[]
  readonly body?: string
  readonly contentType?: string
  /** In place of the next number of its side. */
  readonly cseq?: number
  readonly branch?: string
  /** Outside of any dialog: To has no tag. */
  readonly toTag?: string
  readonly maxForwards?: number
}

export type Scene = {
  readonly net: MemoryNet
  readonly bench: Bench
  readonly sip: Sip
  readonly defects: unknown[]
  readonly peers: Readonly<Record<Side, ScriptedPeer>>
  /** Tag of the agent's far end in what it sends; another one is another fork. */
  tag: string
  /** Lets time pass. */
  run(ms?: number): Promise<void>
  /** The caller's INVITE. @param offer default: its phone's offer; empty for none. */
  invite(more?: More, offer?: string): Promise<void>
  /** Sends a request inside the dialog of a side, as its far end. @returns its CSeq number. */
  ask(side: Side, method: string, more?: More): number
  /** ACK of a 2xx to an INVITE of this far end. */
  ack(side: Side, cseq: number, body?: string): void
  /** The agent's far end answers our newest INVITE to it. */
  answer(status: number, more?: More & { readonly sdp?: boolean }): void
  /** Answers a request of ours. */
  respond(side: Side, request: SipRequest, status: number, more?: More): void
  /** The newest of our answers to a far end's request. */
  response(side: Side, status: number, method?: string): SipResponse
  /** How the call stands. */
  state(): string
  /** Words for what came to both sides since the last time, without 100. */
  news(): string[]
  /** Everybody goes. @returns what was left behind, nothing when all is well. */
  close(): Promise<readonly string[]>
}

/** @returns the offer of a far end's phone. */
export function offerOf(side: Side, changes: Partial<ReturnType<typeof phoneMedia>> = {}): string {
  return makeOffer({ ...phoneMedia(MEDIA[side]), ...changes })
}

/** @param text more of the configuration, or another one. @param more of what the endpoint is made with. */
export async function sipScene(text = CONFIG, more: Partial<SipOptions> = {}): Promise<Scene> {
  const net = memoryNet()
  const defects: unknown[] = []
  const config = configOf(text)
  const sip = createSip({
    listeners: [{ transport: 'udp', address: SOTTO, port: 5060 }],
    trunks: sipTrunks(config),
    phones: { realm: config.sip.realm, accountOf: accounts(config), nonceKey: net.random(32) },
    isUrgent: (dialled, origin) => isEmergency(config, origin, dialled),
    clock: net.clock,
    random: net.random,
    wire: net.wire(SOTTO),
    events: {
      onIncoming: (session) => bench.calls.onIncoming(session),
      onText: (text) => bench.calls.onText(text),
      onRegistrationChanged: () => undefined,
    },
    watching: { may: (...who) => bench.calls.watching.may(...who), dialogs: () => bench.calls.watching.dialogs() },
    onDefect: (thrown) => defects.push(thrown),
    ...more,
  })
  const bench = callBench({ sip, clock: net.clock, config })
  bench.calls.subscribe(() => sip.watchedChanged())
  await sip.listen()
  const peers = {
    caller: await scriptedPeer(net, HOSTS.caller, SOTTO),
    agent: await scriptedPeer(net, HOSTS.agent, SOTTO),
  }
  const seen = { requests: { caller: 0, agent: 0 }, responses: { caller: 0, agent: 0 } }
  const cseqs = { caller: 1, agent: 100 }
  let branches = 0
  let firstInvite: SipRequest | undefined

  const head = (side: Side): readonly Line[] => {
    if (side === 'caller') {
      const to = peers.caller.responses.findLast(({ status }) => status > 100)
      return [
        ['From', `<sip:caller@${HOSTS.caller}>;tag=caller`],
        ['To', (to === undefined ? undefined : headerOf(to, 'to')) ?? `<sip:42@${SOTTO}>;tag=none`],
        ['Call-ID', 'scripted'],
      ]
    }
    const from = firstInvite === undefined ? undefined : headerOf(firstInvite, 'from')
    const callId = firstInvite === undefined ? undefined : headerOf(firstInvite, 'call-id')
    return [
      ['From', `<sip:agent@${HOSTS.agent}>;tag=${scene.tag}`],
      ['To', from ?? `<sip:caller@${SOTTO}>;tag=none`],
      ['Call-ID', callId ?? 'never'],
    ]
  }
  const send = (side: Side, method: string, cseq: number, more: More) => {
    const { body = '', headers = [], contentType = 'application/sdp' } = more
    const lines = head(side).map(([name, value]): Line => {
      if (name !== 'To' || more.toTag === undefined) return [name, value]
      return [name, more.toTag === '' ? value.replace(/;tag=.*/, '') : value.replace(/;tag=.*/, `;tag=${more.toTag}`)]
    })
    peers[side].send(
      `${method} sip:42@${SOTTO}`,
      [
        ['Via', `SIP/2.0/UDP ${HOSTS[side]};branch=z9hG4bK${more.branch ?? `peer${++branches}`}`],
        ['Max-Forwards', String(more.maxForwards ?? 70)],
        ...lines,
        ['CSeq', `${cseq} ${method}`],
        ...(headers.some(([name]) => name === 'Contact') ? [] : [['Contact', `<sip:${side}@${HOSTS[side]}>`] as Line]),
        ...headers,
        ...(body === '' ? [] : [['Content-Type', contentType] as Line]),
      ],
      body,
    )
  }

  const scene: Scene = {
    net,
    bench,
    sip,
    defects,
    peers,
    tag: 'agent',
    run: (ms = 100) => net.run(ms, 20),
    invite: async (more = {}, offer = offerOf('caller')) => {
      send('caller', 'INVITE', 1, { branch: 'invite', toTag: '', body: offer, ...more })
      await scene.run()
      firstInvite = peers.agent.requests.find(({ method }) => method === 'INVITE')
    },
    ask: (side, method, more = {}) => {
      const cseq = more.cseq ?? ++cseqs[side]
      send(side, method, cseq, more)
      return cseq
    },
    ack: (side, cseq, body = '') => send(side, 'ACK', cseq, { body }),
    answer: (status, { sdp = false, headers = [] } = {}) => {
      const invite = peers.agent.last('INVITE')
      const body = sdp ? phoneAnswer(sdpOf(invite) ?? '', phoneMedia(MEDIA.agent)) : ''
      const contact: Line = ['Contact', `<sip:agent@${HOSTS.agent}>`]
      peers.agent.respond(invite, status, scene.tag, [contact, ...headers], body)
    },
    respond: (side, request, status, { headers = [], body = '' } = {}) => {
      const contact: Line = ['Contact', `<sip:${side}@${HOSTS[side]}>`]
      peers[side].respond(request, status, side === 'agent' ? scene.tag : 'caller', [contact, ...headers], body)
    },
    response: (side, status, method) => {
      const found = peers[side].responses.findLast(
        (each) => each.status === status && (method === undefined || headerOf(each, 'cseq')?.endsWith(` ${method}`)),
      )
      if (found === undefined) throw new Error(`no ${status} came to the ${side}`)
      return found
    },
    state: () => bench.calls.list()[0]?.state ?? 'over',
    news: () => {
      const words: string[] = []
      for (const side of ['caller', 'agent'] as const) {
        const { requests, responses } = peers[side]
        for (const each of responses.slice(seen.responses[side]))
          if (each.status > 100) words.push(`${side} < ${wordsOf(each)}`)
        for (const each of requests.slice(seen.requests[side])) words.push(`${side} < ${each.method}${sdpMark(each)}`)
        seen.responses[side] = responses.length
        seen.requests[side] = requests.length
      }
      return words
    },
    close: async () => {
      for (const side of ['caller', 'agent'] as const) {
        const peer = peers[side]
        const obey = (request: SipRequest) => {
          if (request.method === 'ACK') return
          peer.respond(request, 200, side === 'agent' ? scene.tag : 'caller')
          if (request.method !== 'CANCEL') return
          const invite = peer.requests.findLast(({ method }) => method === 'INVITE')
          if (invite !== undefined) peer.respond(invite, 487, scene.tag)
        }
        peer.onRequest = obey
        for (const request of peer.requests.filter(({ method }) => method === 'CANCEL' || method === 'BYE'))
          obey(request)
      }
      for (const { callId } of bench.calls.list()) bench.calls.hangUp(callId)
      await net.run(100, 50)
      for (const session of bench.vault.sessions) {
        session.wiped({ result: 'failed', reason: 'cancelled' })
        session.returned(!session.stops.some(({ giveBack }) => !giveBack))
      }
      await net.run(140_000, 1000)
      return leftIn(scene)
    },
  }
  return scene
}

function leftIn({ sip, bench, net, defects }: Scene): readonly string[] {
  const stats = sip.stats()
  const left = ['clientTransactions', 'serverTransactions', 'dialogs', 'sessions'].flatMap((what) =>
    stats[what] === 0 ? [] : [`${stats[what]} ${what}`],
  )
  if (bench.calls.list().length > 0) left.push(`calls: ${bench.calls.list().map(({ state }) => state)}`)
  if (bench.media.hears.size > 0) left.push(`${bench.media.hears.size} ports`)
  if (net.clock.pending > 0) left.push(`${net.clock.pending} timers`)
  return [...left, ...bench.breaches, ...defects.map(String)]
}

function wordsOf(response: SipResponse): string {
  const method = headerOf(response, 'cseq')?.split(' ').at(-1)
  return `${response.status} ${method}${adviceIn(response)}${sdpMark(response)}`
}

/** @returns the header of a refusal that says what to do instead, in words. */
export function adviceIn(response: SipResponse): string {
  if (headerOf(response, 'retry-after') !== undefined) return ' Retry-After'
  return response.status === 405 && headerOf(response, 'allow')?.includes('INVITE') === true ? ' Allow' : ''
}

function sdpMark(message: SipRequest | SipResponse): string {
  return sdpOf(message) === undefined ? '' : ' with SDP'
}
