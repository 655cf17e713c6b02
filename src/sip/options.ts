/** What `createSip` is given. Types only. */

import type { Clock } from '../base/clock.ts'
import type { FaultCode } from '../base/faults.ts'
import type { RandomBytes } from '../base/ids.ts'
import type { KeySlip } from '../base/info-key.ts'
import type { ConnectionLimits } from './connections.ts'
import type { DigestAccount, DigestRealm } from './digest.ts'
import type { FloodLimits } from './flood.ts'
import type { LockoutLimits } from './lockout.ts'
import type { Resolver } from './names.ts'
import type { RegistrarLimits } from './registrar.ts'
import type { RegistrationTerms } from './registration.ts'
import type { Sip, SipEvents, SipOrigin, Watching } from './session.ts'
import type { TargetTerms } from './target-health.ts'
import type { TlsTerms } from './tls-terms.ts'
import type { Listener, Wire } from './transport.ts'
import type { TrunkEvent } from './trunk-view.ts'

/** A peer that is known by its address and never challenged. */
export type Trunk = {
  readonly name: string
  /** Source addresses, `192.0.2.1`, `192.0.2.1:5060`, `2001:db8::1` or `[2001:db8::1]:5060`; without a port any will do. */
  readonly addresses: readonly string[]
  /** Its P-Asserted-Identity is believed (RFC 3325). Default false. */
  readonly trustIdentity?: boolean
  /** Requests to it above 1300 octets go over TCP, and over UDP where it takes none (`large-requests.ts`). Default false. */
  readonly largeOverTcp?: boolean
  /** How we register there; absent where it needs none. */
  readonly registration?: Omit<RegistrationTerms, 'trunk'>
}

/** What is made of far ends that do not answer. */
export type FailOver = {
  /** How long one may be silent while another can be asked, ms. */
  readonly patienceMs: number
  /** How long one that failed is asked after the others, ms; 0 for not at all. */
  readonly setAsideMs: number
}

/** Softphones that register with digest. */
export type Phones = {
  /** Realm of the challenges; also the domain of the accounts. */
  readonly realm: string
  readonly accountOf: (user: string) => DigestAccount | undefined
  /** Digest algorithms that are offered and taken, best first; both when absent. */
  readonly algorithms?: NonNullable<DigestRealm['algorithms']>
  /** 32 octets made at start. */
  readonly nonceKey: Uint8Array
  /** ms a nonce may be used; default 5 minutes. */
  readonly nonceLifeMs?: number
  /** How often passwords may be wrong; 10 times in five minutes when absent. */
  readonly lockout?: LockoutLimits
  readonly limits?: RegistrarLimits
  /** Networks of proxies that are believed where a request came from before them. None when absent. */
  readonly proxies?: readonly string[]
}

/** Of those what may change while calls run: nonces are made for a realm. */
export type PhoneSettings = Omit<Phones, 'realm' | 'nonceKey' | 'proxies'>

/** What the room says for the log: enumerated words, ids and numbers; never text from the wire. */
export type SipLogEntry = {
  readonly event: SipLogEvent
  readonly session?: string
  readonly trunk?: string
  readonly status?: number
  /** Of a text. */
  readonly callIdHash?: string
  /** Of a handshake that came to nothing, with whom, who began it, and why; of wrong credentials, where they came from. */
  readonly address?: string
  readonly direction?: 'incoming' | 'outgoing'
  readonly transport?: 'tls' | 'ws' | 'wss'
  readonly fault?: FaultCode
}
export type SipLogEvent =
  | 'session-opened'
  | 'session-ended'
  | 'refused'
  | 'registered'
  | 'unregistered'
  | 'wrong-credentials'
  | 'locked-out'
  | 'handshake-failed'
  | 'text-answered'
  | 'defect'

/** What may change while calls run. */
export type SipSettings = Pick<SipOptions, 'trunks' | 'targets' | 'failOver'> & { readonly phones?: PhoneSettings }

/** The endpoint as it is made. */
export type SipEndpoint = Sip & {
  /**
   * From now on these settings count. Sessions keep what they began with; trunks that are gone are left, and so are the phones of accounts that
   * are gone: none of them is called any more, and none lets a call in.
   */
  reconfigure(settings: SipSettings): void
}

export type SipOptions = {
  readonly listeners: readonly Listener[]
  /** Address that peers reach us at when it is not the listener's; a listener's own goes before. Used for its family only. */
  readonly announcedAddress?: string
  /** Certificates; needed where a listener is one for TLS. */
  readonly tls?: TlsTerms
  readonly trunks: readonly Trunk[]
  /** Absent: no softphones; REGISTER gets 405, an INVITE from a stranger 403. */
  readonly phones?: Phones
  readonly clock: Clock
  readonly random: RandomBytes
  readonly events: SipEvents
  /** node:dns/promises, or what tells TTLs as well; absent: only numeric hosts are reached. */
  readonly resolver?: Resolver
  /** Absent: the time of a transaction is waited for, and nobody is set aside. */
  readonly failOver?: FailOver
  /** Where calls may be sent, of trunks and of routes: pinged, and known by whether they answer. */
  readonly targets?: readonly TargetTerms[]
  /** What becomes of trunks. */
  readonly onTrunk?: (event: TrunkEvent) => void
  readonly log?: (entry: SipLogEntry) => void
  /** Gets what a callback of the owner threw, or a defect of ours: the call goes on or ends, the process stays. */
  readonly onDefect?: (thrown: unknown) => void
  /** Name in User-Agent and Server; default `Sotto`. */
  readonly productName?: string
  /** Sessions at once, above which new INVITEs get 503; default 4000. */
  readonly maxSessions?: number
  /** New INVITEs are refused with 503 and Retry-After while this is so; also OPTIONS, by which proxies ask. */
  readonly isBusy?: () => boolean
  /** Whether a call to this user part is taken all the same, also while draining and above `maxSessions`; without an origin, from anybody. */
  readonly isUrgent?: (dialled: string, origin?: SipOrigin) => boolean
  readonly flood?: FloodLimits
  /** Transactions at once of one address that is no trunk's; `server-transactions.ts` has what holds when absent. */
  readonly pendingPerSource?: number
  /** Connections at once; `connections.ts` has what holds when absent. */
  readonly connections?: ConnectionLimits
  /** Phones may watch the dialogs of phones (RFC 4235); absent: SUBSCRIBE for them gets 489. */
  readonly watching?: Watching
  /** Addresses of this host's interfaces, for a listener on all of them. */
  readonly hostAddresses?: readonly string[]
  /** Keys by INFO are taken, and lie here while their message is dealt with; absent: they are refused with 415. */
  readonly keySlip?: KeySlip | undefined
  /** In place of sockets, for tests. */
  readonly wire?: Wire
}
