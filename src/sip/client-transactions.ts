/** All client transactions: runs their machine, finds the one a response belongs to (RFC 3261 section 17.1.3). */

import type { Clock, Timer } from '../base/clock.ts'
import { Waits } from '../base/waits.ts'
import {
  CLIENT_START,
  type ClientEffect,
  type ClientEvent,
  type ClientFailure,
  type ClientKind,
  type ClientState,
  type ClientTimer,
  stepClient,
} from './client-transaction.ts'
import { cseqOf, headerOf, type SipResponse, viaOf } from './message.ts'
import { type Flow, isSamePeer, isStream, type Wire } from './transport.ts'
import { type Line, type RequestParts, writeRequest } from './write-message.ts'

export type ClientUser = {
  /** Whether so many octets may go, the first time or again; absent where nothing bounds that (`allowance.ts`). The timers run as ever. */
  readonly maySend?: ((octets: number) => boolean) | undefined
  /** 1xx, the first final response, and every 2xx to an INVITE. */
  onResponse(response: SipResponse): void
  /** No final response came (408), or the request could not be sent (503), was lost with its connection, or is too large for where it goes (413). Nothing follows. */
  onFailed(why: ClientFailure | 'tooLarge'): void
}

/** What identifies a request that is on its way. */
export type Sent = { readonly parts: RequestParts; readonly branch: string; readonly flow: Flow }

/** A transaction by what it is known by. */
type Named = { readonly branch: string; readonly method: string }

/** What is kept of a transaction, most of them for a while after their final response: no more than what may still come takes. */
type Transaction = {
  readonly key: string
  readonly flow: Flow
  readonly kind: ClientKind
  /** Until the final response; of an INVITE that was refused as long as its ACK may have to be sent again. */
  parts: RequestParts | undefined
  octets: Buffer | undefined
  /** Until the final response; of an INVITE that was accepted as long as another 2xx may come. */
  user: ClientUser | undefined
  state: ClientState
  readonly timers: { [name in ClientTimer]?: Timer | undefined }
  /** While it is dealt with. */
  response: SipResponse | undefined
  /** How often the far end's host has said that nobody is there. */
  refusals: number
}

/** So often, a second apart, before it is believed: whoever is being started again is back by then. */
const REFUSALS = 2
/** Headers of an INVITE that stand in its CANCEL and in the ACK to its refusal as they are. */
const SAME: ReadonlySet<string> = new Set(['Route', 'From', 'Call-ID', 'Max-Forwards', 'Session-ID'])
const NO_BODY = new Uint8Array(0)

export class ClientTransactions {
  readonly #waits: Readonly<Record<ClientTimer, Waits<Transaction>>>
  readonly #wire: Wire
  readonly #count: (what: 'retransmitted') => void
  readonly #open = new Map<string, Transaction>()
  /** Those over streams that have not ended. */
  readonly #onStreams = new Set<Transaction>()

  constructor(clock: Clock, wire: Wire, count: (what: 'retransmitted') => void) {
    const waits = (timer: ClientTimer) =>
      new Waits<Transaction>(clock, (transaction) => this.#step(transaction, { type: 'lapsed', timer }))
    this.#waits = { retransmit: waits('retransmit'), timeout: waits('timeout'), linger: waits('linger') }
    this.#wire = wire
    this.#count = count
  }

  get size(): number {
    return this.#open.size
  }

  /** Sends a request and keeps at it. Callbacks never come from within this call. */
  start(sent: Sent, user: ClientUser): void {
    const { parts, flow } = sent
    const kind = { invite: parts.method === 'INVITE', reliable: isStream(flow.transport) }
    const key = `${sent.branch} ${parts.method}`
    const transaction: Transaction = {
      key,
      flow,
      kind,
      parts,
      octets: writeRequest(parts),
      user,
      state: CLIENT_START,
      timers: {},
      response: undefined,
      refusals: 0,
    }
    this.#open.set(key, transaction)
    if (kind.reliable) this.#onStreams.add(transaction)
    this.#step(transaction, { type: 'started' })
  }

  /** @returns whether it belonged to one of ours; a stray response is nobody's. */
  receive(response: SipResponse): boolean {
    const transaction = this.#open.get(`${viaOf(response)?.branch} ${cseqOf(response)?.method}`)
    if (transaction === undefined) return false
    transaction.response = response
    this.#step(transaction, { type: 'responded', status: response.status })
    transaction.response = undefined
    return true
  }

  /** A connection has ended: what went by it and has brought nothing back yet is lost. */
  flowClosed(closed: Flow): void {
    for (const transaction of [...this.#onStreams]) {
      const { flow } = transaction
      const isOn = flow.connection === 0 ? isSamePeer(flow, closed) : flow.connection === closed.connection
      if (isOn && flow.listener === closed.listener) this.#step(transaction, { type: 'cut' })
    }
  }

  /** Sends the CANCEL of an INVITE, unless that has its final response already: then there is nothing left to cancel (RFC 3261 section 9.1). */
  cancel({ branch, method }: Named, extra: readonly Line[]): void {
    const invite = this.#open.get(`${branch} ${method}`)
    if (invite?.parts === undefined || !isUnanswered(invite.state)) return
    const parts = cancelParts(invite.parts, extra)
    this.start({ parts, branch, flow: invite.flow }, { onResponse: () => {}, onFailed: () => {} })
  }

  /** Gives one up: nothing is sent again, and what still comes is nobody's. */
  abandon({ branch, method }: Named): void {
    const transaction = this.#open.get(`${branch} ${method}`)
    if (transaction !== undefined) this.#perform(transaction, { do: 'end' }, { type: 'started' })
  }

  /** Another one is told what still comes. Without effect when nothing can. */
  entrust({ branch, method }: Named, heir: ClientUser): void {
    const transaction = this.#open.get(`${branch} ${method}`)
    if (transaction?.user !== undefined) transaction.user = heir
  }

  /** Stops every timer; nobody is told. May be called twice. */
  close(): void {
    for (const { timers } of this.#open.values()) for (const timer of Object.values(timers)) timer?.cancel()
    this.#open.clear()
    this.#onStreams.clear()
  }

  /** Nothing came back: is anybody there? */
  #again(transaction: Transaction): void {
    this.#count('retransmitted')
    if (transaction.kind.reliable || transaction.state.at !== 'calling') return
    this.#wire.doubt(transaction.flow, () => {
      transaction.refusals += 1
      if (transaction.refusals === REFUSALS && transaction.state.at === 'calling')
        this.#step(transaction, { type: 'transportFailed' })
    })
  }

  #send(transaction: Transaction, event: ClientEvent): void {
    const { octets, flow, user } = transaction
    if (octets === undefined || user?.maySend?.(octets.length) === false) return
    if (event.type === 'lapsed') this.#again(transaction)
    this.#wire.send(octets, flow, () => this.#step(transaction, { type: 'transportFailed' }))
  }

  #step(transaction: Transaction, event: ClientEvent): void {
    const [state, ...effects] = stepClient(transaction.kind, transaction.state, event)
    transaction.state = state
    for (const effect of effects) this.#perform(transaction, effect, event)
    letGo(transaction)
  }

  #perform(transaction: Transaction, effect: ClientEffect, event: ClientEvent): void {
    switch (effect.do) {
      case 'send':
        this.#send(transaction, event)
        return
      case 'sendAck':
        if (transaction.response !== undefined && transaction.parts !== undefined)
          this.#wire.send(writeRequest(ackParts(transaction.parts, transaction.response)), transaction.flow)
        return
      case 'pass':
        if (transaction.response !== undefined) transaction.user?.onResponse(transaction.response)
        return
      case 'report':
        transaction.user?.onFailed(effect.why)
        return
      case 'arm':
        transaction.timers[effect.timer]?.cancel()
        transaction.timers[effect.timer] = this.#waits[effect.timer].begin(effect.ms, transaction)
        return
      case 'disarm':
        transaction.timers[effect.timer]?.cancel()
        transaction.timers[effect.timer] = undefined
        return
      case 'end':
        for (const timer of Object.values(transaction.timers)) timer?.cancel()
        this.#open.delete(transaction.key)
        this.#onStreams.delete(transaction)
    }
  }
}

/** Forgets what is not needed any more: a transaction stays for half a minute, and a call's would hold all of the call. */
function letGo(transaction: Transaction): void {
  const { kind, state } = transaction
  if (isUnanswered(state)) return
  transaction.octets = undefined
  if (state.at !== 'completed' || !kind.invite) transaction.parts = undefined
  if (state.at !== 'accepted') transaction.user = undefined
}

function isUnanswered({ at }: ClientState): boolean {
  return at === 'calling' || at === 'proceeding'
}

/** The ACK to a 300-699: same Via, route and numbers as its INVITE, To as in the response (RFC 3261 section 17.1.1.3). */
export function ackParts(invite: RequestParts, response: SipResponse): RequestParts {
  return sibling(invite, 'ACK', headerOf(response, 'to'), [])
}

/** The CANCEL of a request (RFC 3261 section 9.1). */
export function cancelParts(invite: RequestParts, extra: readonly Line[]): RequestParts {
  return sibling(invite, 'CANCEL', undefined, extra)
}

function sibling(invite: RequestParts, method: string, to: string | undefined, extra: readonly Line[]): RequestParts {
  const headers: Line[] = []
  for (const [name, value] of invite.headers) {
    if (SAME.has(name)) headers.push([name, value])
    else if (name === 'To') headers.push(['To', to ?? value])
    else if (name === 'CSeq') headers.push(['CSeq', `${value.slice(0, value.indexOf(' '))} ${method}`])
  }
  return { method, uri: invite.uri, via: invite.via, headers: [...headers, ...extra], body: NO_BODY }
}
