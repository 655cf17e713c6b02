/**
 * The `sip` room as a double: sessions whose far end is the test. What Sotto does is written into a journal; what the far end does is a
 * method. What its sound is said to be is in `phone-media.ts`.
 */

import type { SealedKey } from '../../src/base/info-key.ts'
import type { LocalMedia } from '../../src/sip/offer-answer.ts'
import type {
  IncomingSession,
  InviteOptions,
  InviteTarget,
  KeyHearing,
  OutgoingSession,
  Reoffer,
  ReofferOutcome,
  SessionEvents,
  Sip,
  SipOrigin,
  SipParty,
  SipReason,
  TextOptions,
} from '../../src/sip/session.ts'
import { type FakeAnswer, fakeAnswer } from './fake-answer.ts'
import { phoneAnswer } from './phone-media.ts'

export function party(user: string, host = 'phones.example'): SipParty {
  return { displayName: '', uri: `sip:${user}@${host}`, user }
}

/** What came of a REFER of the far end. */
export type FakeReferral = {
  accepted: boolean
  rejected: number | undefined
  reason: string | undefined
  /** What it was notified of, in order. */
  readonly news: number[]
}

/** What came of a re-offer by the far end. */
export type FakeReoffer = { accepted: string | undefined; rejected: number | undefined; done: boolean }

/** What both directions have. */
abstract class FakeSession {
  readonly id: string
  readonly sipCallId: string
  readonly remote: SipParty
  readonly peer = { transport: 'udp', address: '192.0.2.7', port: 5060 } as const
  readonly localAddress = '198.51.100.1'
  /** What the far end says of itself (RFC 7989). */
  sessionUuid: string | undefined
  readonly journal: string[]
  /** How Sotto ended it. */
  endedWith: SipReason | 'no reason' | undefined
  over = false
  /** What Sotto's re-offers get. `again` has the offer made anew, as after glare. */
  reofferAnswer: (body: string, again: () => string | undefined) => ReofferOutcome | Promise<ReofferOutcome> = () => ({
    result: 'refused',
    status: 500,
  })
  reoffers: string[] = []
  isFocus = false
  /** What Sotto wrote to the far end, and what that answers. */
  readonly texts: string[] = []
  textAnswer = 200
  /** What the far end answers when it is asked whether it is there; 408 for nothing. */
  probeAnswer = 200
  keyHearing: KeyHearing = 'not'
  protected events: SessionEvents | undefined

  constructor(id: string, remote: SipParty, journal: string[]) {
    this.id = id
    this.sipCallId = `${id}@phones.example`
    this.remote = remote
    this.journal = journal
  }

  /** Whom Sotto says that the far end talks to. */
  get otherUuid(): string | undefined {
    return this.events?.otherSessionUuid?.()
  }

  async reoffer(make: () => string | undefined): Promise<ReofferOutcome> {
    const body = make()
    if (body === undefined) return { result: 'refused', status: 481 }
    this.journal.push(`${this.id} re-INVITE`)
    this.reoffers.push(body)
    return this.reofferAnswer(body, make)
  }

  async info(): Promise<number> {
    return 200
  }

  async text(body: Uint8Array): Promise<number> {
    this.texts.push(Buffer.from(body).toString())
    return this.textAnswer
  }

  async probe(): Promise<number> {
    return this.probeAnswer
  }

  /** The far end writes. @returns what it is answered. */
  write(body: string): FakeAnswer {
    const answer = fakeAnswer()
    this.events?.onText({ body: Buffer.from(body), respond: answer.respond })
    return answer
  }

  hearKeys(how: KeyHearing): void {
    this.keyHearing = how
  }

  /** The far end tells a key by INFO: what the real room makes of it, sealed or plain as asked for. */
  keyFromFarEnd(code: number, sealed: SealedKey): void {
    if (this.keyHearing === 'plain') this.events?.onKey({ how: 'plain', code })
    else if (this.keyHearing === 'sealed') this.events?.onKey({ how: 'sealed', sealed })
  }

  end(reason?: SipReason): void {
    if (this.over) return
    this.journal.push(`${this.id} end`)
    this.endedWith = reason ?? 'no reason'
    this.finish('us', reason)
  }

  describe(): string {
    return this.id
  }

  /** The far end hangs up: BYE, or CANCEL before the answer. */
  bye(reason?: SipReason): void {
    if (this.over) return
    this.over = true
    this.journal.push(`${this.id} BYE`)
    this.events?.onEnded({ by: 'far-end', reason })
  }

  /** The far end offers anew, or asks for an offer. */
  reofferFromFarEnd(body: string | undefined, method: Reoffer['method'] = 'INVITE'): FakeReoffer {
    const outcome: FakeReoffer = { accepted: undefined, rejected: undefined, done: false }
    const once = () => {
      if (outcome.done) throw new Error('a re-offer was answered twice')
      outcome.done = true
    }
    this.events?.onReoffer({
      method,
      body,
      accept: (answer) => {
        once()
        outcome.accepted = answer
      },
      reject: (status) => {
        once()
        outcome.rejected = status
      },
    })
    return outcome
  }

  /** The far end sends a REFER. @param replaces the session whose dialog is named; `null` for a dialog that nobody has. */
  refer(target: string, replaces?: string | null, earlyOnly = false): FakeReferral {
    const outcome: FakeReferral = { accepted: false, rejected: undefined, reason: undefined, news: [] }
    const once = () => {
      if (outcome.accepted || outcome.rejected !== undefined) throw new Error('a REFER was answered twice')
    }
    this.events?.onReferral({
      target: party(target),
      replaces: replaces === undefined ? undefined : { session: replaces ?? undefined, earlyOnly },
      accept: () => {
        once()
        outcome.accepted = true
      },
      reject: (status, reason) => {
        once()
        outcome.rejected = status
        outcome.reason = reason?.text
      },
      progress: (status) => {
        if (!outcome.accepted || outcome.news.some((said) => said >= 200)) throw new Error('news out of turn')
        outcome.news.push(status)
      },
    })
    return outcome
  }

  /** What Sotto would offer for a session refresh. */
  get refreshOffer(): string | undefined {
    return this.events?.offer()
  }

  /** ACK with a body; the 2xx to a session refresh likewise. */
  ack(body: string | undefined): void {
    this.events?.onConfirmed(body)
  }

  /** INFO that is no key. @returns the status it got. */
  infoFromFarEnd(octets: number): number | undefined {
    let status: number | undefined
    this.events?.onInfo('application/media_control+xml', new Uint8Array(octets), (given) => {
      status = given
    })
    return status
  }

  protected finish(by: 'us', reason: SipReason | undefined): void {
    this.over = true
    queueMicrotask(() => this.events?.onEnded({ by, reason }))
  }
}

export type FakeIncomingOptions = {
  readonly origin?: SipOrigin
  readonly from?: SipParty
  readonly to: string
  /** Scheme of the Request-URI; sip when absent. */
  readonly scheme?: 'sips'
  readonly offer?: string | undefined
  readonly maxForwards?: number
  readonly assertedIdentity?: SipParty
  readonly isPrivate?: boolean
  readonly replaces?: { readonly session: string; readonly earlyOnly: boolean }
}

export class FakeIncoming extends FakeSession implements IncomingSession {
  readonly direction = 'incoming'
  readonly origin: SipOrigin
  readonly from: SipParty
  readonly target: SipParty
  readonly assertedIdentity: SipParty | undefined
  readonly isPrivate: boolean
  readonly maxForwards: number
  readonly offer: string | undefined
  readonly replaces: IncomingSession['replaces']
  isProved = true
  /** 180 and 183 in their order, with their bodies. */
  progressed: { readonly status: number; readonly body: string | undefined }[] = []
  accepted: string | undefined
  rejected: { readonly status: number; readonly reason: SipReason | undefined } | undefined

  constructor(id: string, options: FakeIncomingOptions, journal: string[]) {
    const from = options.from ?? party('caller')
    super(id, from, journal)
    this.origin = options.origin ?? { kind: 'trunk', trunk: 'carrier' }
    this.from = from
    const target = party(options.to)
    this.target = { ...target, uri: options.scheme === undefined ? target.uri : target.uri.replace('sip:', 'sips:') }
    this.assertedIdentity = options.assertedIdentity
    this.isPrivate = options.isPrivate ?? false
    this.maxForwards = options.maxForwards ?? 69
    this.offer = options.offer
    this.replaces = options.replaces
  }

  attach(events: SessionEvents): void {
    this.events = events
  }

  /** Something came that only who hears us can know. */
  prove(): void {
    this.isProved = true
    this.events?.onProved?.()
  }

  progress(status: 180 | 183, body?: string): void {
    this.journal.push(`${this.id} ${status}`)
    this.progressed.push({ status, body })
  }

  accept(body: string): void {
    if (this.over || this.accepted !== undefined) return
    this.journal.push(`${this.id} 200`)
    this.accepted = body
  }

  reject(status: number, reason?: SipReason): void {
    if (this.over) return
    this.journal.push(`${this.id} ${status}`)
    this.rejected = { status, reason }
    this.finish('us', reason)
  }
}

export class FakeOutgoing extends FakeSession implements OutgoingSession {
  readonly direction = 'outgoing'
  readonly options: InviteOptions
  answered = false

  constructor(id: string, options: InviteOptions, journal: string[]) {
    super(id, party(id), journal)
    this.options = options
    this.events = options.events
  }

  confirm(): void {
    this.journal.push(`${this.id} ACK`)
  }

  /** 18x. */
  progress(status: number, media?: LocalMedia): void {
    this.events?.onProgress(status, media === undefined ? undefined : this.answerOf(media))
  }

  /** 200; from a phone with this media, or with no body at all. */
  answer(media: LocalMedia | undefined): void {
    this.answered = true
    this.events?.onAnswered(media === undefined ? undefined : this.answerOf(media))
  }

  /** 200 with a body as it is. */
  answerWith(body: string): void {
    this.answered = true
    this.events?.onAnswered(body)
  }

  refuse(status: number, reason?: SipReason): void {
    this.over = true
    this.events?.onRefused(status, reason)
  }

  override end(reason?: SipReason): void {
    if (this.over) {
      // A late 200 is answered with BYE by the room itself; a second word changes nothing.
      return
    }
    this.journal.push(`${this.id} ${this.answered ? 'BYE-sent' : 'CANCEL'}`)
    this.endedWith = reason ?? 'no reason'
    this.finish('us', reason)
  }

  private answerOf(media: LocalMedia): string {
    return phoneAnswer(this.options.body ?? '', media)
  }
}

export type FakeSip = Pick<Sip, 'invite' | 'text' | 'contacts' | 'listening'> & {
  /** Texts outside of calls, and what each is answered; 200 when it says nothing. */
  readonly texts: TextOptions[]
  textAnswers: (options: TextOptions) => number | Promise<number>
  readonly sent: FakeOutgoing[]
  /** Contacts by account. */
  readonly phones: Map<string, readonly InviteTarget[]>
  incoming(options: FakeIncomingOptions): FakeIncoming
}

export function fakeSip(journal: string[]): FakeSip {
  const sent: FakeOutgoing[] = []
  const phones = new Map<string, readonly InviteTarget[]>()
  let came = 0
  const fake: FakeSip = {
    sent,
    phones,
    texts: [],
    textAnswers: () => 200,
    text: async (options) => {
      fake.texts.push(options)
      return fake.textAnswers(options)
    },
    listening: [{ transport: 'udp', address: '198.51.100.1', port: 5060 }],
    contacts: (account) => phones.get(account) ?? [],
    invite(options) {
      const session = new FakeOutgoing(`out${sent.length + 1}`, options, journal)
      journal.push(`${session.id} INVITE`)
      sent.push(session)
      return session
    },
    incoming: (options) => new FakeIncoming(`in${++came}`, options, journal),
  }
  return fake
}
