/**
 * All server transactions: runs their machine, finds the one a request belongs to (RFC 3261 section 17.2.3), also for peers
 * of RFC 2543 whose branch means nothing, and knows a request that came twice by two ways (section 8.2.2.2).
 */

import type { Clock, Timer } from '../base/clock.ts'
import { sourceOf } from '../base/source-address.ts'
import { Waits } from '../base/waits.ts'
import type { Allowance } from './allowance.ts'
import { keepOctets } from './kept-octets.ts'
import { callIdOf, cseqOf, fromOf, headerOf, type SipRequest, toOf, viaOf } from './message.ts'
import { tagOf } from './name-addr.ts'
import {
  SERVER_START,
  type ServerEffect,
  type ServerEvent,
  type ServerKind,
  type ServerState,
  type ServerTimer,
  stepServer,
} from './server-transaction.ts'
import { type Flow, isStream, type Wire } from './transport.ts'
import { MAGIC_COOKIE } from './via.ts'
import { type Line, type ResponseParts, writeResponse } from './write-message.ts'

/** One request that waits for its answer, as its user sees it. */
export type ServerTransaction = {
  readonly request: SipRequest
  /** The way back. */
  readonly flow: Flow
  /** Sends a response, and sends it again as the rules say. After a final one only a 2xx again does anything. */
  respond(parts: ResponseParts): void
  /** The status of the last response, 0 before the first. */
  readonly status: number
  /** Called when a CANCEL comes for this INVITE before its final answer. */
  onCancel: ((cancel: SipRequest) => void) | undefined
  /** Headers that every answer from now on has. */
  always: (() => readonly Line[]) | undefined
  /** Bounds what may be sent to where the request came from; absent where nobody can have forged that. */
  readonly allowance: Allowance | undefined
  /** To tag of the answers: that of the answer to a CANCEL is the same (RFC 3261 section 9.2). Some take the newest for the dialog's. */
  toTag: string | undefined
}

type Open = { -readonly [member in keyof ServerTransaction]: ServerTransaction[member] }

/** What a CANCEL finds of the INVITE that it is for. */
export type Cancellable = Pick<ServerTransaction, 'status' | 'toTag' | 'onCancel' | 'always'>

/**
 * What is kept of a transaction, most of them for half a minute after their final answer: no more than sending it again takes. Whoever has more to
 * say holds the rest: the request, and through its CANCEL the whole call.
 */
type Transaction = {
  readonly key: string
  readonly merged: string
  readonly kind: ServerKind
  readonly flow: Flow
  readonly allowance: Allowance | undefined
  state: ServerState
  status: number
  toTag: string | undefined
  /** Until the final answer. */
  open: ServerTransaction | undefined
  /** The newest response, while it may have to be sent again. */
  octets: Buffer | undefined
  readonly timers: { [name in ServerTimer]?: Timer | undefined }
}

/** Transactions that are open at once, most of them answered and kept for 32 s in case their request comes again; a trunk needs forty a call and second. */
const MAX_OPEN = 200_000
/** Of those, from one source that is no trunk's: a thousand phones behind a router that all come back at once need a part of it. */
export const MAX_OPEN_OF_SOURCE = 5000

export class ServerTransactions {
  readonly #waits: Readonly<Record<ServerTimer, Waits<Transaction>>>
  readonly #wire: Wire
  readonly #count: (what: 'retransmitted') => void
  readonly #mostOfSource: number
  readonly #open = new Map<string, Transaction>()
  /** Key of the transaction that first brought a request, by what stays the same on every way. */
  readonly #merged = new Map<string, string>()
  /** How many are open of each source. */
  readonly #perSource = new Map<string, number>()

  /** @param mostOfSource transactions at once of one source that is no trunk's. */
  constructor(clock: Clock, wire: Wire, count: (what: 'retransmitted') => void, mostOfSource = MAX_OPEN_OF_SOURCE) {
    this.#mostOfSource = mostOfSource
    const waits = (timer: ServerTimer) =>
      new Waits<Transaction>(clock, (transaction) => this.#step(transaction, { type: 'lapsed', timer }))
    this.#waits = { retransmit: waits('retransmit'), timeout: waits('timeout'), linger: waits('linger') }
    this.#wire = wire
    this.#count = count
  }

  get size(): number {
    return this.#open.size
  }

  /** @returns whether another transaction may be opened for this address. */
  hasRoom(address: string, isTrunk: boolean): boolean {
    if (this.#open.size >= MAX_OPEN) return false
    return isTrunk || (this.#perSource.get(sourceOf(address)) ?? 0) < this.#mostOfSource
  }

  /** Opens a transaction for a request that `receive` did not know. @param allowance what its answers may take, where its address may be forged. */
  open(request: SipRequest, flow: Flow, allowance?: Allowance): ServerTransaction {
    const key = keyOf(request, request.method)
    const kind = { invite: request.method === 'INVITE', reliable: isStream(flow.transport) }
    const respond = (parts: ResponseParts) => {
      if (transaction.status >= 200 && !(transaction.status < 300 && parts.status < 300)) return
      const { always } = open
      const headers = always === undefined ? parts.headers : [...always(), ...(parts.headers ?? [])]
      transaction.octets = writeResponse(request, headers === undefined ? parts : { ...parts, headers })
      transaction.status = parts.status
      open.status = parts.status
      this.#step(transaction, { type: 'answered', status: parts.status })
      if (parts.status < 200) return
      transaction.toTag = open.toTag
      transaction.open = undefined
      // A 2xx to an INVITE is sent again by the session, which writes it anew.
      const isKept = transaction.state.at === 'completed' && transaction.octets !== undefined
      transaction.octets = isKept ? keepOctets(transaction.octets) : undefined
    }
    const open: Open = {
      request,
      flow,
      allowance,
      respond,
      status: 0,
      onCancel: undefined,
      always: undefined,
      toTag: undefined,
    }
    const merged = mergedKeyOf(request)
    const transaction: Transaction = {
      key,
      merged,
      kind,
      flow,
      allowance,
      state: SERVER_START,
      status: 0,
      toTag: undefined,
      open,
      octets: undefined,
      timers: {},
    }
    this.#open.set(key, transaction)
    this.#merged.set(merged, key)
    const source = sourceOf(flow.address)
    this.#perSource.set(source, (this.#perSource.get(source) ?? 0) + 1)
    return open
  }

  /** Takes a repeated request, or the ACK to a 300-699. @param octets its length. @returns whether it was one. */
  receive(request: SipRequest, octets: number): boolean {
    const ack = request.method === 'ACK'
    const transaction = this.#open.get(keyOf(request, ack ? 'INVITE' : request.method))
    if (transaction === undefined) return false
    // An ACK of the same branch as a 2xx comes from a peer that forgot to make a new one: it is the session's.
    if (ack && transaction.state.at === 'accepted') return false
    transaction.allowance?.came(octets)
    if (!ack) this.#count('retransmitted')
    this.#step(transaction, { type: ack ? 'acked' : 'repeated' })
    return true
  }

  /** @returns the INVITE that a CANCEL is for (RFC 3261 section 9.2). */
  cancelled(cancel: SipRequest): Cancellable | undefined {
    const transaction = this.#open.get(keyOf(cancel, 'INVITE'))
    if (transaction === undefined) return undefined
    const { open, status, toTag } = transaction
    return open ?? { status, toTag, onCancel: undefined, always: undefined }
  }

  /** @returns whether this new request is one that is already here by another way: 482. */
  isMerged(request: SipRequest): boolean {
    return this.#merged.has(mergedKeyOf(request))
  }

  /** Stops every timer. May be called twice. */
  close(): void {
    for (const { timers } of this.#open.values()) for (const timer of Object.values(timers)) timer?.cancel()
    this.#open.clear()
    this.#merged.clear()
    this.#perSource.clear()
  }

  #send({ octets, flow, allowance, status }: Transaction): void {
    if (octets === undefined) return
    if (allowance?.takes(octets.length, status < 200 ? 'provisional' : 'final') === false) return
    this.#wire.send(octets, flow)
  }

  #leave(address: string): void {
    const source = sourceOf(address)
    const left = (this.#perSource.get(source) ?? 1) - 1
    if (left > 0) this.#perSource.set(source, left)
    else this.#perSource.delete(source)
  }

  #step(transaction: Transaction, event: ServerEvent): void {
    const [state, ...effects] = stepServer(transaction.kind, transaction.state, event)
    transaction.state = state
    for (const effect of effects) this.#perform(transaction, effect, event)
  }

  #perform(transaction: Transaction, effect: ServerEffect, event: ServerEvent): void {
    switch (effect.do) {
      case 'send':
        if (event.type === 'lapsed') this.#count('retransmitted')
        this.#send(transaction)
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
        if (this.#open.delete(transaction.key)) this.#leave(transaction.flow.address)
        if (this.#merged.get(transaction.merged) === transaction.key) this.#merged.delete(transaction.merged)
    }
  }
}

/** @param method that of the transaction: INVITE for ACK and CANCEL. */
function keyOf(request: SipRequest, method: string): string {
  const via = viaOf(request)
  if (via?.branch.startsWith(MAGIC_COOKIE)) return `${via.branch} ${via.host}:${via.port ?? ''} ${method}`
  const from = fromOf(request)
  return `2543 ${request.uri} ${from === undefined ? '' : tagOf(from)} ${callIdOf(request)} ${cseqOf(request)?.number} ${headerOf(request, 'via')} ${method}`
}

function mergedKeyOf(request: SipRequest): string {
  const [from, to] = [fromOf(request), toOf(request)]
  return `${callIdOf(request)} ${from === undefined ? '' : tagOf(from)} ${cseqOf(request)?.number} ${request.method} ${to === undefined ? '' : tagOf(to)}`
}
