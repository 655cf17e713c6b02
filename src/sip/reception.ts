/**
 * What happens to each message that comes in:
 *
 *   octets -> cut out what was keyed, mask what was written -> parse -> form -> transaction -> content -> dialog -> who is it -> new session
 *
 * Everything a stranger can cause before he has proved himself is answered without keeping anything: refusals, challenges,
 * OPTIONS. Responses that belong to no transaction are dropped. One message's defect never stops the next.
 */

import { hash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { KeySlip } from '../base/info-key.ts'
import { Allowance, MOST_TIMES } from './allowance.ts'
import type { ClientTransactions } from './client-transactions.ts'
import type { CutFlush } from './cut-flush.ts'
import { dialogKeyOf } from './dialog.ts'
import { createAnswerFlood, type FloodLimits } from './flood.ts'
import { ALLOW_EVENTS, accepted, allowed, isInDialog, judgeContent, judgeForm, SUPPORTED } from './gatekeeper.ts'
import { callIdOf, headerOf, type SipRequest, viaOf } from './message.ts'
import type { SipLogEntry, SipOptions, Trunk } from './options.ts'
import { parseMessage } from './parse-message.ts'
import type { PhoneBook, Refused } from './phones.ts'
import { createReceivedCut } from './received-cut.ts'
import { cameBack, judgeReplaced, secretTag, wayBack, wayViaOf } from './reception-rules.ts'
import { replacesOf } from './refer.ts'
import type { ServerTransaction, ServerTransactions } from './server-transactions.ts'
import type { SipOrigin, SipPeer } from './session.ts'
import { unknownLine } from './session-ids.ts'
import type { DialogUser } from './stack.ts'
import type { TextCut } from './text-cut.ts'
import { type Cut, type Flow, isSecure, isStream, type Receive, type Wire } from './transport.ts'
import type { Registered } from './trunk-registrations.ts'
import { partyOf } from './uri.ts'
import { MAGIC_COOKIE, markReceived } from './via.ts'
import { type Line, type ResponseParts, writeResponse } from './write-message.ts'

export type ReceptionParts = {
  readonly wire: Wire
  readonly clients: ClientTransactions
  readonly servers: ServerTransactions
  readonly dialogs: ReadonlyMap<string, DialogUser>
  readonly phones: PhoneBook | undefined
  readonly trunkOf: (source: SipPeer) => Trunk | undefined
  /** The trunk that a new call comes from, by our registration there or by its address. */
  readonly callerOf: (request: SipRequest, source: SipPeer) => Registered | undefined
  readonly clock: Clock
  readonly count: (name: string, by?: number) => void
  readonly log: (entry: SipLogEntry) => void
  readonly bug: (thrown: unknown) => void
  readonly product: string
  /** What every branch of ours begins with, behind the cookie: a request that carries it has come back to us. */
  readonly instance: string
  /** Keys the tags of answers that keep nothing. */
  readonly secret: Uint8Array
  readonly flood: FloodLimits | undefined
  readonly keySlip: KeySlip | undefined
  readonly onCut: CutFlush | undefined
  /** No more sessions fit. */
  readonly isFull: () => boolean
  readonly isUrgent: SipOptions['isUrgent']
  readonly onInvite: (transaction: ServerTransaction, origin: SipOrigin) => void
  /** Somebody writes outside of a call; absent: texts are refused, in calls as well. */
  readonly onText: ((transaction: ServerTransaction, origin: SipOrigin) => void) | undefined
  /** A phone wants to watch another; absent: nobody may. */
  readonly onSubscribe: ((transaction: ServerTransaction, account: string) => void) | undefined
}

export type Reception = {
  readonly receive: Receive
  /** New INVITEs and OPTIONS get 503 from now on. */
  drain(retryAfterSeconds: number): void
}

/** Over UDP an address may be forged, a trunk's too: what is not kept gets at most this many octets for one. */
const ANSWER_TIMES = 3
/** Seconds after which a caller may try again when no more sessions fit. */
const FULL_RETRY_SECONDS = 10

export function createReception(parts: ReceptionParts): Reception {
  const { wire, clients, servers, dialogs, phones, trunkOf, clock, count, log, bug, keySlip } = parts
  // Two measures, so that a flood of what must be refused never uses up the answers to what is in order.
  const measure = () => createAnswerFlood((address) => phones?.isKnown(address) === true, parts.flood)
  const [mayAnswer, mayRefuse] = [measure(), measure()]
  const secret = Buffer.from(parts.secret).toString('hex')
  const ownBranch = MAGIC_COOKIE + parts.instance
  const server: Line = ['Server', parts.product]
  let drainSeconds: number | undefined
  /** Octets of the message at hand, which is answered before the next one is taken. */
  let arrivedOctets = 0
  /** What was done to it when it is a text. */
  let textCut: TextCut | undefined
  const takesText = parts.onText !== undefined
  const allow = allowed(takesText)
  const cutOut = createReceivedCut({ keySlip, takesText, count, onCut: parts.onCut })
  // Here, since it is kept with the answer: a function made where the request is at hand would keep that too.
  const withheld = () => count('dropped-amplifying')

  /** Who asks inside a dialog of ours gets its Session-ID, whatever is wrong with what he asks (RFC 7989 section 7). */
  const idsFor = (request: SipRequest): readonly Line[] => {
    if (headerOf(request, 'session-id') === undefined) return []
    return dialogs.get(dialogKeyOf(request) ?? '')?.always() ?? unknownLine(request)
  }

  /** Answers and forgets: the same request again gets the same tag (RFC 3261 section 8.2.7). */
  const reply = (request: SipRequest, flow: Flow, response: ResponseParts, ids = idsFor(request)) => {
    const may = response.status < 400 || response.status === 401 ? mayAnswer : mayRefuse
    const isStranger = trunkOf(flow) === undefined
    if (isStranger && !may(flow, clock.now())) return stray(flow, 'flood')
    const toTag =
      response.toTag ??
      hash('sha1', `${secret} ${callIdOf(request)} ${viaOf(request)?.branch} ${headerOf(request, 'cseq')}`).slice(0, 16)
    const answer = (headers: readonly Line[]) => writeResponse(request, { ...response, toTag, headers })
    const { headers = [] } = response
    if (isStream(flow.transport)) return wire.send(answer([...headers, ...ids, server]), flow)
    // Real requests are longer than those that are made for this: the second try is for them, too.
    const tries = [[...headers, ...ids, server], headers.slice(0, 1)]
    const short = tries.map(answer).find((octets) => octets.length <= ANSWER_TIMES * arrivedOctets)
    if (short === undefined) withheld()
    else wire.send(short, flow)
  }

  /** It is of no use, and nobody answers it. A trunk's late answers to calls of before may be many. */
  const stray = (source: Flow, name: string) => {
    count(name)
    if (trunkOf(source) === undefined) wire.stray(source)
  }

  const refuse = (request: SipRequest, flow: Flow, status: number, why: string, headers: readonly Line[] = []) => {
    // An ACK is never answered, whatever is wrong with it.
    if (request.method === 'ACK') return stray(flow, `refused-${why}`)
    count(`refused-${why}`)
    reply(request, flow, { status, headers })
  }

  const takeCancel = (request: SipRequest, flow: Flow) => {
    const invite = servers.cancelled(request)
    if (invite === undefined) return reply(request, flow, { status: 481 })
    reply(request, flow, { status: 200, toTag: invite.toTag }, invite.always?.())
    if (invite.status < 200) invite.onCancel?.(request)
  }

  const unavailable = (): ResponseParts | undefined => {
    const seconds = drainSeconds ?? (parts.isFull() ? FULL_RETRY_SECONDS : undefined)
    return seconds === undefined ? undefined : { status: 503, headers: [['Retry-After', String(seconds)]] }
  }

  /** Tells of a password that was wrong. */
  const noteGuess = ({ was, from: address }: NonNullable<Refused['guess']>) => {
    log({ event: 'wrong-credentials', address })
    if (was === 'wrong') return
    count('locked-out')
    log({ event: 'locked-out', address })
  }

  /** @returns the account that proved itself; undefined when it was challenged or refused. */
  const accountOf = (request: SipRequest, flow: Flow, source: Flow): string | undefined => {
    const proved: ReturnType<PhoneBook['prove']> = phones?.prove(request, source.address) ?? { status: 403 }
    if ('account' in proved) return proved.account
    count(proved.status === 401 ? 'challenged' : 'refused-unproved')
    if (proved.guess !== undefined) noteGuess(proved.guess)
    reply(request, flow, proved)
    return undefined
  }

  /** @returns who calls or writes; undefined when he was challenged or refused. */
  const originOf = (request: SipRequest, flow: Flow, source: Flow): SipOrigin | undefined => {
    const trunk = parts.callerOf(request, source)
    if (trunk !== undefined) {
      const { name, user } = trunk
      return { kind: 'trunk', trunk: name, ...(user === undefined ? {} : { registeredAs: user }) }
    }
    const account = accountOf(request, flow, source)
    return account === undefined ? undefined : { kind: 'phone', account }
  }

  const takeInvite = (request: SipRequest, flow: Flow, source: Flow) => {
    const busy = unavailable()
    const isTooMuch = (origin?: SipOrigin) => {
      if (busy === undefined || parts.isUrgent?.(partyOf(request.uri).user, origin) === true) return false
      count('refused-full')
      reply(request, flow, busy)
      return true
    }
    if (isTooMuch()) return
    const origin = originOf(request, flow, source)
    if (origin === undefined) return
    const isTrunk = origin.kind === 'trunk'
    const replaced = replacesOf(request)
    const refusal = replaced === undefined ? undefined : judgeReplaced(replaced, dialogs, isTrunk)
    if (refusal !== undefined) return refuse(request, flow, refusal, 'replaces')
    if (isTooMuch(origin)) return
    wire.keep(source)
    // A phone is reached where it came from; a trunk's later requests go where its Contact says.
    // A phone's nonce has been to the address that it comes from.
    const isSure = !isTrunk || isStream(flow.transport)
    const allowance = isSure ? undefined : new Allowance(arrivedOctets, withheld)
    parts.onInvite(servers.open(request, flow, allowance), origin)
  }

  /** In texts of those who may write, once for each. */
  const countMasked = () => {
    if (textCut !== undefined && textCut.numbers > 0) count('message-numbers-masked', textCut.numbers)
  }

  const takeText = (request: SipRequest, flow: Flow, source: Flow) => {
    const busy = unavailable()
    if (busy !== undefined) {
      count('refused-full')
      return reply(request, flow, busy)
    }
    const origin = originOf(request, flow, source)
    if (origin === undefined) return
    wire.keep(source)
    countMasked()
    // A 100 and a final answer may go to an address that is forged: three octets for one, as of what is not kept.
    const isSure = origin.kind !== 'trunk' || isStream(flow.transport)
    const allowance = isSure ? undefined : new Allowance((arrivedOctets * ANSWER_TIMES) / MOST_TIMES, withheld)
    parts.onText?.(servers.open(request, flow, allowance), origin)
  }

  const takeRegister = (request: SipRequest, flow: Flow, source: Flow) => {
    if (phones === undefined) return refuse(request, flow, 405, 'method', [allow])
    const account = accountOf(request, flow, source)
    if (account === undefined) return
    wire.keep(source)
    const answer = phones.register(request, account, source)
    const headers = [...(answer.headers ?? []), ...unknownLine(request), server]
    servers.open(request, flow).respond({ ...answer, toTag: secretTag(secret, request), headers })
  }

  const takeSubscribe = (request: SipRequest, flow: Flow, source: Flow) => {
    const { onSubscribe } = parts
    if (phones === undefined || onSubscribe === undefined)
      return refuse(request, flow, 489, 'event', [allow, ALLOW_EVENTS])
    const account = accountOf(request, flow, source)
    if (account === undefined) return
    wire.keep(source)
    onSubscribe(servers.open(request, flow), account)
  }

  const takeOutside = (request: SipRequest, flow: Flow, source: Flow) => {
    if (servers.isMerged(request)) return refuse(request, flow, 482, 'merged')
    if (cameBack(request, ownBranch)) return refuse(request, flow, 482, 'loop')
    switch (request.method) {
      case 'INVITE':
        return takeInvite(request, flow, source)
      case 'REGISTER':
        return takeRegister(request, flow, source)
      case 'SUBSCRIBE':
        return takeSubscribe(request, flow, source)
      case 'MESSAGE':
        return takeText(request, flow, source)
      case 'OPTIONS':
        return reply(
          request,
          flow,
          unavailable() ?? { status: 200, headers: [allow, SUPPORTED, accepted(keySlip, takesText)] },
        )
      case 'REFER':
        // Whom to call for whom is said inside the call that it is about (RFC 3515 section 2.4.2).
        return refuse(request, flow, 403, 'method')
      default:
        return refuse(request, flow, 481, 'no-dialog')
    }
  }

  const takeRequest = (request: SipRequest, source: Flow) => {
    const via = wayViaOf(request)
    if (via === undefined) return stray(source, 'dropped-via')
    const malformed = judgeForm(request)
    const at = request.names.indexOf('via')
    request.values[at] = markReceived(request.values[at] ?? '', via, source.address, source.port)
    const flow = wayBack(source, via)
    if (malformed !== undefined) return refuse(request, flow, malformed.status, malformed.why)
    if (servers.receive(request, arrivedOctets)) return
    const user = dialogs.get(dialogKeyOf(request) ?? '')
    if (request.method === 'ACK') {
      if (user === undefined) stray(source, 'dropped-stray-ack')
      // Some come again with each 200 that does; many are a flood.
      else if (!user.receiveAck(request)) stray(source, 'repeated-ack')
      return
    }
    if (request.method === 'CANCEL') return takeCancel(request, flow)
    // Whatever is asked inside a dialog that is not, its sender must learn that it is over (RFC 3261 section 12.2.2, RFC 6665 section 4.1.3).
    if (user === undefined && isInDialog(request)) return refuse(request, flow, 481, 'no-dialog')
    const refusal = judgeContent(request, isSecure(source.transport), takesText) ?? textCut?.refusal
    if (refusal !== undefined) return refuse(request, flow, refusal.status, refusal.why, refusal.headers)
    // What ends a dialog makes room.
    if (request.method !== 'BYE' && !servers.hasRoom(flow.address, trunkOf(source) !== undefined))
      return refuse(request, flow, 503, 'transactions', [['Retry-After', String(FULL_RETRY_SECONDS)]])
    if (user === undefined) return takeOutside(request, flow, source)
    countMasked()
    user.receive(servers.open(request, flow), source)
  }

  const take = (octets: Buffer, source: Flow, cut: Cut) => {
    arrivedOctets = octets.length
    textCut = cutOut(octets, source.transport, cut)
    const parsed = parseMessage(octets, cut === 'framed')
    if (parsed.kind === 'garbage') return stray(source, 'dropped-garbage')
    if (parsed.kind === 'message' && parsed.message.kind === 'response') {
      if (!clients.receive(parsed.message)) stray(source, 'dropped-stray-response')
      return
    }
    if (parsed.kind === 'message' && cut !== 'broken' && parsed.message.kind === 'request')
      return takeRequest(parsed.message, source)
    const request = parsed.kind === 'refused' ? parsed.request : parsed.message
    if (request.kind === 'request') takeBroken(request, source, parsed.kind === 'refused' ? parsed.status : 400)
  }

  /** What cannot be read to its end is answered as far as it can be: it needs a Via, and the rest of what an answer copies. */
  const takeBroken = (request: SipRequest, source: Flow, status: number) => {
    const via = wayViaOf(request)
    if (via === undefined) return stray(source, 'dropped-via')
    const at = request.names.indexOf('via')
    request.values[at] = markReceived(request.values[at] ?? '', via, source.address, source.port)
    const flow = wayBack(source, via)
    refuse(request, flow, status, 'unreadable')
  }

  return {
    receive: (octets, source, cut) => {
      try {
        take(octets, source, cut)
      } catch (thrown) {
        bug(thrown)
      } finally {
        keySlip?.wipe()
      }
    },
    drain: (retryAfterSeconds) => {
      drainSeconds = retryAfterSeconds
    },
  }
}
