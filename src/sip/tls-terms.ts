/** What SIP over TLS shows and trusts, as its owner gives it. Types only. */

import type { FaultCode } from '../base/faults.ts'
import type { SipPeer } from './session.ts'

/** A certificate, with the ones between it and its authority behind it, and its key; PEM. */
export type TlsIdentity = { readonly certificate: string; readonly key: string }

/** What a listener shows to who connects to it. */
export type TlsServerTerms = {
  /** The first is for who names nobody, or somebody unknown (SNI, RFC 6066 section 3). */
  readonly identities: readonly [TlsIdentity, ...TlsIdentity[]]
  /** Authorities of the certificates that clients must show, PEM; undefined when none is asked for. */
  readonly clientAuthorities: string | undefined
}

/** Whom connections of ours trust, and what they show. */
export type TlsTrust = {
  /** Authorities, PEM; those that come with Node when undefined. */
  readonly authorities: string | undefined
  /** Shown when the peer asks for one. */
  readonly identity: TlsIdentity | undefined
}

export type TlsClientTerms = {
  /** The SIP domain that must stand in the peer's certificate (RFC 5922 section 7.2); undefined when nobody said: then there is no connection. */
  readonly domain: string | undefined
  readonly trust: TlsTrust
}

/**
 * Asked with every connection, so that changed files count from the next one on. What a listener shows, and the trust, are the same object as long as
 * nothing has changed.
 * Both throw a Fault when a file cannot be used.
 */
export type TlsTerms = {
  server(listener: number): TlsServerTerms
  client(peer: SipPeer): TlsClientTerms
}

/** A handshake that came to nothing, for the log. */
export type HandshakeFailure = {
  readonly transport: 'tls' | 'ws' | 'wss'
  readonly fault: FaultCode
  readonly address: string
  readonly direction: 'incoming' | 'outgoing'
}
