/**
 * The door of the `sip` room: what the rest of Sotto sees of SIP. Dialogs, transactions, retransmissions, glare and
 * authentication stay behind it; calls, media and secure sessions stay in front of it. Types only.
 *
 * A session here is one INVITE dialog (RFC 3261 section 12) seen from one side. Bodies are SDP text; signalling never
 * carries digits: a DTMF body of SIP INFO is cut out at the transport before it is parsed, and told sealed to the vaults.
 */

import type { SealedKey } from '../base/info-key.ts'
import type { RegisteredContact } from './registered-contact.ts'
import type { IncomingText, SipText, TextOptions } from './text.ts'

export type { IncomingText, SipText, TextOptions }

import type { TargetView, TrunkView } from './trunk-view.ts'

/** How messages travel. */
export type SipTransport = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'

/** Where a SIP peer is, after resolution. */
export type SipPeer = {
  readonly transport: SipTransport
  /** IPv4 or IPv6 address, no brackets. */
  readonly address: string
  readonly port: number
  /** Host of the URI that led here: the SIP domain that must stand in the peer's certificate (RFC 5922 section 7.2). Over TLS only. */
  readonly domain?: string
}

/** A name and address as in From, To or Contact (RFC 3261 section 20.10). */
export type SipParty = {
  /** Display name without quotes; empty when there is none. */
  readonly displayName: string
  /** `sip:user@host...` or `tel:...`, as received. */
  readonly uri: string
  /** The user part, unescaped; for `tel:` the number; empty when there is none. */
  readonly user: string
}

/** Who sent a new INVITE, as the gatekeeper established it. */
export type SipOrigin =
  /** A trunk, known by its address, or by the contact that we registered there: `registeredAs` is the user part of that. */
  | { readonly kind: 'trunk'; readonly trunk: string; readonly registeredAs?: string }
  /** A softphone that proved its account by digest. */
  | { readonly kind: 'phone'; readonly account: string }

/** Why a leg ends or is refused, as the Reason header says it (RFC 3326). */
export type SipReason = {
  readonly protocol: 'SIP' | 'Q.850'
  readonly cause: number
  readonly text: string
}

/** A re-INVITE or UPDATE from the far end that waits for our answer. Exactly one of `accept` and `reject` is called. */
export type Reoffer = {
  readonly method: 'INVITE' | 'UPDATE'
  /** The far end's offer; absent when it wants ours (RFC 3261 section 14.2): then `accept` gets our offer. */
  readonly body: string | undefined
  accept(body: string | undefined): void
  /** @param status 488, 491 or another final status; the session stays as it was (RFC 6141). */
  reject(status: number, retryAfterSeconds?: number): void
}

/**
 * The far end wants its place in the call to go to somebody else (REFER, RFC 3515). Exactly one of `accept` and `reject` is called, then
 * `progress` as often as there is news.
 */
export type Referral = {
  /** Whom it names: personal, and nothing that may be called as it stands. */
  readonly target: SipParty
  /** The target has a dialog already, which is to be taken over (RFC 3891); `session` is the id of ours that it is, undefined when there is none. */
  readonly replaces: { readonly session: string | undefined; readonly earlyOnly: boolean } | undefined
  /** 202: somebody is being called. */
  accept(): void
  reject(status: number, reason?: SipReason): void
  /** How the call to the target goes; a final status is the last word. Nothing goes out when the far end wants no news (RFC 4488). */
  progress(status: number): void
}

/** What a session tells its owner. Every callback is called outside of any call into the session. */
export type SessionEvents = {
  /** 101 to 199, outgoing sessions only. `body` when the far end sends early media. */
  onProgress(status: number, body: string | undefined): void
  /** 2xx to our INVITE. With an offerless INVITE the body is an offer and `confirm` must be called with the answer. */
  onAnswered(body: string | undefined): void
  /**
   * Final answer other than 2xx to our INVITE, our CANCEL's effect included (487), or none came (408, 503 made here).
   * @param contacts URIs of a 3xx, best first.
   */
  onRefused(status: number, reason: SipReason | undefined, contacts?: readonly string[]): void
  /** The far end of an incoming session that may have been forged has shown that it hears us (`isProved`). */
  onProved?(): void
  /** ACK to our 2xx, or the 2xx to a session refresh of ours; the body is the answer where ours carried an offer. */
  onConfirmed(body: string | undefined): void
  /** @returns our offer as it is now, for a session refresh; undefined when there is none. */
  offer(): string | undefined
  /** Re-INVITE or UPDATE from the far end. Never called while another offer is open: those get 491 or 500 here. */
  onReoffer(reoffer: Reoffer): void
  /** A key came by INFO, as `hearKeys` asked for; it is answered already. */
  onKey(key: HeardKey): void
  /** INFO other than keys inside the dialog; respond with a final status. */
  onInfo(contentType: string, body: Uint8Array, respond: (status: number) => void): void
  /** The far end writes to whom it talks to. */
  onText(text: SipText): void
  /** REFER inside the dialog. Never called while an earlier one has not come to its end. */
  onReferral(referral: Referral): void
  /** @returns the UUID of whom the far end talks to just now, as far as that is known (RFC 7989). */
  otherSessionUuid?(): string | undefined
  /** The session is over, and will not call again: BYE, CANCEL before the answer, or no ACK came. */
  onEnded(cause: SessionEnd): void
}

/**
 * What is told of keys that come by INFO: nothing; sealed, for a caller, whose keys only a vault may read; or plain, for an agent, whose
 * keys are feature codes.
 */
export type KeyHearing = 'not' | 'sealed' | 'plain'
export type HeardKey =
  | { readonly how: 'sealed'; readonly sealed: SealedKey }
  /** `code`: RFC 4733 event code, 0 to 15. */
  | { readonly how: 'plain'; readonly code: number }

export type SessionEnd = {
  readonly by: 'far-end' | 'us' | 'timeout' | 'transport'
  readonly reason: SipReason | undefined
}

type SessionBase = {
  /** Sotto's own id of this session, for logs; not the Call-ID. */
  readonly id: string
  /** Call-ID of its dialog. */
  readonly sipCallId: string
  /** UUID that the far end is known by from end to end: its own, or one made on its behalf (RFC 7989). Undefined before one that we call has said anything. */
  readonly sessionUuid: string | undefined
  /** The far end. */
  readonly remote: SipParty
  /** The address that messages of this session come from and go to. */
  readonly peer: SipPeer
  /** Address of ours that this peer reaches, for SDP. */
  readonly localAddress: string
  /** The far end says in its newest Contact that it is a conference (RFC 4579 section 5.2). */
  readonly isFocus: boolean
  /**
   * Re-INVITE (or UPDATE when the far end allows it and `method` says so) with an offer of ours. Glare is handled inside by RFC 3261 section 14.1.
   * @param make makes it, each time that it is sent: theirs may have been answered meanwhile. @returns the answer, or the status that refused it; never throws.
   */
  reoffer(make: () => string | undefined, method?: 'INVITE' | 'UPDATE'): Promise<ReofferOutcome>
  /** Says what to tell of keys that come by INFO from now on; nothing is told before. They are answered 200 all the same. */
  hearKeys(how: KeyHearing): void
  /** Sends INFO inside the dialog and gives the final status. */
  info(contentType: string, body: Uint8Array): Promise<number>
  /** Sends what somebody wrote, in UTF-8, inside the dialog, and gives the final status. */
  text(body: Uint8Array): Promise<number>
  /** Asks whether the far end still has the call (OPTIONS, RFC 3261 section 11), and gives the final status; 408, also when none came within four seconds, and 481 are from none that has. */
  probe(): Promise<number>
  /**
   * Ends the session whatever its state: 487 or the given status before the answer when incoming, CANCEL when outgoing, BYE after it
   * (held back until the ACK or its timeout, RFC 3261 section 15). `onEnded` follows. May be called twice.
   */
  end(reason?: SipReason): void
  /** One line for a person, without personal data. */
  describe(): string
}

export type ReofferOutcome =
  | { readonly result: 'answered'; readonly body: string | undefined }
  | { readonly result: 'refused'; readonly status: number }

/** Somebody calls us. */
export type IncomingSession = SessionBase & {
  readonly direction: 'incoming'
  readonly origin: SipOrigin
  /** From. */
  readonly from: SipParty
  /** Whom the caller wants: the Request-URI, or what stood there before a registrar put our contact in its place. */
  readonly target: SipParty
  /** Whether the far end is where its INVITE says that it is. Over UDP anybody can write a trunk's address there, until something comes that only who hears us can know. */
  readonly isProved: boolean
  /** P-Asserted-Identity when the origin is trusted (RFC 3325), else undefined. */
  readonly assertedIdentity: SipParty | undefined
  /** The caller does not want to be known to whom it calls (Privacy, RFC 3323 section 4.2, RFC 3325 section 9.3). */
  readonly isPrivate: boolean
  /** Max-Forwards of the INVITE less one, for the next leg (RFC 3261 section 16.6). */
  readonly maxForwards: number
  /** The offer; absent when the caller wants ours. */
  readonly offer: string | undefined
  /** A phone wants to take the place of the far end of a session of ours (RFC 3891). */
  readonly replaces: { readonly session: string; readonly earlyOnly: boolean } | undefined
  /** Must be called once before anything else; replaces the events. */
  attach(events: SessionEvents): void
  /** Provisional answer, with early media when there is a body. Reliable when the far end requires 100rel (RFC 3262). */
  progress(status: 180 | 183, body?: string): void
  /** 200 with the answer, or with our offer when there was none; retransmitted until the ACK (RFC 3261 section 13.3.1.4). */
  accept(body: string): void
  /** Final refusal. */
  reject(status: number, reason?: SipReason, retryAfterSeconds?: number): void
}

/** We call somebody. */
export type OutgoingSession = SessionBase & {
  readonly direction: 'outgoing'
  /** Only after `onAnswered` to an offerless INVITE: the answer, carried by the ACK. */
  confirm(body: string): void
}

/** How to reach one far end: a registered contact, a trunk, or a PBX. */
export type InviteTarget = {
  /** Request-URI. */
  readonly uri: string
  /**
   * Where to send it when that is not the URI's own host: the flow of a registered contact, or an outbound proxy. A phone behind a stream is reached
   * over the connection it came by (RFC 5626 section 5.3), which the listener and the connection name.
   */
  readonly peer?: SipPeer & { readonly listener?: number; readonly connection?: number }
  /** Route headers, first hop first. */
  readonly route?: readonly string[]
  /** The trunk it is of; how we are registered there may name a Route (RFC 3608). */
  readonly trunk?: string
  /** The same phone over other flows of its own, for when this one is broken (RFC 5626 section 6); there for one whose proxy may say so, too. */
  readonly otherFlows?: readonly InviteTarget[]
  /** Far ends of which one is enough, `uri` among them; how they stand decides which is called first. */
  readonly choices?: readonly TargetChoice[]
  /** Credentials for a 401 or 407 of the far end. */
  readonly credentials?: {
    readonly user: string
    readonly password: { reveal(): string }
    /** The realm that is answered; absent: that of the first challenge of a call. */
    readonly realm?: string
    /** Addresses that are answered beside the one the INVITE went to. */
    readonly peers?: readonly string[]
  }
}

/** One of several far ends. */
export type TargetChoice = {
  /** Request-URI. */
  readonly uri: string
  /** The URI as it was configured, by which it is pinged and known. */
  readonly key: string
  /** The lowest goes first. */
  readonly priority: number
  /** Share among those of one priority. */
  readonly weight: number
}

export type InviteOptions = {
  readonly target: InviteTarget
  readonly from: SipParty
  /** Sent as P-Asserted-Identity when policy allows it towards this target. */
  readonly assertedIdentity?: SipParty
  /** It goes no farther than to this target: sent as Privacy. */
  readonly isPrivate?: boolean
  readonly maxForwards?: number
  /** Our offer; absent to ask the far end for one. */
  readonly body?: string
  readonly events: SessionEvents
}

/** A message as it may be shown: start line and headers, secrets hidden (`safe-head.ts`). */
export type SeenMessage = {
  /** A time of the clock. */
  readonly atMs: number
  readonly direction: 'in' | 'out'
  readonly transport: SipTransport
  readonly local: { readonly address: string; readonly port: number }
  readonly far: { readonly address: string; readonly port: number }
  /** Empty where it has none. */
  readonly sipCallId: string
  /** Lines ended by CR LF, the empty one behind them included. */
  readonly head: string
}

/** A dialog of a phone, as it is told to who watches it (RFC 4235). */
export type WatchedDialog = {
  /** Id of its session; one that has no dialog yet is not told. */
  readonly session: string
  readonly state: 'early' | 'confirmed'
  /** Who began it, seen from the phone. */
  readonly direction: 'initiator' | 'recipient'
}

/** What there is to watch. */
export type Watching = {
  /** Whether an account may be told of the dialogs of another. */
  may(account: string, watched: string): boolean
  /** All dialogs of phones, by account. */
  dialogs(): ReadonlyMap<string, readonly WatchedDialog[]>
}

/** What the sip room asks of its owner. */
export type SipEvents = {
  /** A new call, past the gatekeeper and authentication. `attach` first, then answer in your own time. */
  onIncoming(session: IncomingSession): void
  /** Somebody writes outside of a call, past the gatekeeper and authentication. Absent: MESSAGE is refused with 405, in calls as well. */
  onText?: ((text: IncomingText) => void) | undefined
  /** A phone's contacts changed; for the list of phones. */
  onRegistrationChanged(account: string, contacts: number): void
}

/** The SIP endpoint of the control process. */
export type Sip = {
  /** Binds every listener. @throws Fault `sip.cannot-listen` */
  listen(): Promise<void>
  /** The addresses in use, in the order of the configuration; a port of 0 is filled in. */
  readonly listening: readonly SipPeer[]
  invite(options: InviteOptions): OutgoingSession
  /** Sends what somebody wrote, outside of any call, to one of its targets. @returns the final status; 408 and 503 may be made here, and 413. Never throws. */
  text(options: TextOptions): Promise<number>
  /** Live contacts of an account, newest first. */
  contacts(account: string): readonly InviteTarget[]
  /** Contacts of a softphone as people want to see them, newest first. */
  registrations(account: string): readonly RegisteredContact[]
  /** @returns the address of ours that a target reaches, for the SDP of an offer; before its name is resolved the best guess. */
  localAddressFor(target: InviteTarget): string
  /** Every trunk as it is now, in the order of the options. */
  trunks(): readonly TrunkView[]
  /** Every place that calls are sent to, of trunks and of routes. */
  targets(): readonly TargetView[]
  /** From now on new INVITEs get 503 with Retry-After, and registrations of ours are taken away; sessions go on. */
  drain(retryAfterSeconds: number): void
  /** Tells every message from now on, without its body. Costs nothing while nobody listens. @returns the function that ends it. */
  watch(listener: (seen: SeenMessage) => void): () => void
  /** What `watching` says may have changed: whoever watches is told soon. */
  watchedChanged(): void
  /** Sessions that have not ended. */
  readonly sessionCount: number
  /** Counters of what was dropped, refused and retransmitted, by name. */
  stats(): Readonly<Record<string, number>>
  /** Closes sockets; sessions end as `transport`. Registrations of ours are taken away first, which is waited for no longer than two seconds. */
  close(): Promise<void>
}
