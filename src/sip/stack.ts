/** What sessions stand on: requests out, ACKs, names, time. The agent is behind it; a test may be too. Types only. */

import type { Clock } from '../base/clock.ts'
import type { KeySlip } from '../base/info-key.ts'
import type { ClientUser } from './client-transactions.ts'
import type { SipRequest, SipResponse } from './message.ts'
import type { ServerTransaction } from './server-transactions.ts'
import type { InviteTarget } from './session.ts'
import type { Flow } from './transport.ts'
import type { Line, RequestParts } from './write-message.ts'

/** Where a request is to go: back on a flow, or where a URI leads, which may take DNS. */
export type Way =
  | {
      readonly to: 'flow'
      readonly flow: Flow
      /** Where the same far end is found when its connection has gone. */
      readonly anew?: Flow
      readonly patience?: 'short'
    }
  /**
   * `otherwise` is where the same dialog or request went before: it is stayed with as long as the URI leads there, and when it leads nowhere.
   * `patience` is short where somebody else can be asked.
   */
  | {
      readonly to: 'uri'
      readonly uri: string
      readonly otherwise: Flow | undefined
      readonly patience?: 'short'
    }

export type UnsentParts = Omit<RequestParts, 'via'>
export type Credentials = NonNullable<InviteTarget['credentials']>

/** A request that is on its way or waits for DNS. */
export type Pending = {
  /** @returns where it went; undefined while DNS is asked. */
  flow(): Flow | undefined
  /**
   * INVITE only: sends the CANCEL. Must not be called before a provisional response (RFC 3261 section 9.1) unless it was not sent.
   * @returns false when it had not been sent, and will not be: nothing more is heard of it.
   */
  cancel(extra: readonly Line[]): boolean
  /** No other address is tried when this one is dead. */
  stay(): void
  /** Gives it up: nothing more is heard of it. */
  abandon(): void
}

/** The same of a request that sessions send, whose answers may come for long after they have gone. */
export type PendingRequest = Pending & {
  /** What still comes is told to another user, and who sent it is forgotten. */
  entrust(heir: ClientUser): void
}

/** Who gets the requests inside one dialog. */
export type DialogUser = {
  /** Id of the session that the dialog belongs to. */
  readonly session: string
  /** @param source the flow it really came on, which for UDP may have another port than the way back. */
  receive(transaction: ServerTransaction, source: Flow): void
  /** @returns whether anything waited for it. */
  receiveAck(ack: SipRequest): boolean
  /** Headers of every answer inside the dialog. */
  always(): readonly Line[]
}

export type Stack = {
  readonly clock: Clock
  /** 64 random bits as hex, for tags and Call-IDs. */
  token(): string
  /** A random UUID as RFC 7989 writes it. */
  uuid(): string
  /** A number from 0 up to and without 1, for waiting times. */
  chance(): number
  /** Sends a request in a transaction of its own; `parts` is called when the flow is known. */
  request(way: Way, parts: (flow: Flow) => UnsentParts, user: ClientUser): PendingRequest
  /** Sends an ACK to a 2xx. */
  ack(way: Way, parts: UnsentParts): void
  /** The header that answers a 401 or 407; undefined when we cannot answer it. */
  authorize(challenge: SipResponse, request: UnsentParts, credentials: Credentials): Line | undefined
  /** Our Contact value on a flow. @param isSips the dialog is one that must not leave TLS (RFC 3261 section 12.1). */
  contact(flow: Flow, isSips: boolean): string
  /** Our address as the peer of a flow reaches it. */
  localAddress(flow: Flow | undefined): string
  /** @returns false for a flow whose connection has gone, and was not ours to open. */
  stands(flow: Flow): boolean
  /** @returns the account of the phone that is registered over this flow. */
  accountAt(flow: Flow): string | undefined
  /** @returns how a phone is reached now, by the contact it had in a dialog. */
  phoneAt(account: string, uri: string): Flow | undefined
  /** From now on requests inside this dialog go to this user. */
  register(dialogKey: string, user: DialogUser): void
  forget(dialogKey: string): void
  /** @returns the id of the session that has this dialog. */
  sessionAt(dialogKey: string): string | undefined
  count(name: string): void
  /** Where the body of an INFO lies that keys come in; undefined where none are taken. */
  readonly keySlip: KeySlip | undefined
  /** A defect of ours or of the owner, caught so that other calls go on. */
  bug(thrown: unknown): void
  /** Texts are passed on. */
  readonly takesText: boolean
  /** A text was answered: counts and logs it. */
  textAnswered(request: SipRequest, status: number): void
  /** Headers of every request and 2xx that say what we can. */
  readonly capabilities: readonly Line[]
}
