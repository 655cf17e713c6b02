/** Faults of connections that SIP goes over, their certificates and handshakes, and who may open one; rows of the table in `faults.ts`. */

import type { FaultRow } from './fault-row.ts'

export const connectionFaults = {
  'sip.certificate-unreadable': {
    sip: 500,
    http: 500,
    blame: 'server',
    level: 'error',
    title: 'A certificate, key or authority for SIP over TLS cannot be read',
    advice:
      'Check that the files of the listener, or of the trunk, exist, are PEM, and may be read by this user; the key must not be encrypted.',
  },
  'sip.certificate-key-mismatch': {
    sip: 500,
    http: 500,
    blame: 'server',
    level: 'error',
    title: 'A certificate for SIP over TLS and its key do not belong together',
    advice:
      'Put the key beside the certificate that was issued for it; in a file with a chain our own certificate comes first.',
  },
  'sip.certificate-expired': {
    sip: 500,
    http: 500,
    blame: 'server',
    level: 'error',
    title: 'A certificate of ours for SIP over TLS has expired, or is not valid yet',
    advice:
      'Renew it; a new file is taken with the next connection. Phones and trunks that check it do not connect until then.',
  },
  'sip.foreign-origin': {
    sip: 403,
    http: 403,
    blame: 'client',
    level: 'warn',
    title: 'A page from elsewhere asked for SIP over WebSocket',
    advice:
      'When the page is one of yours, add its origin (scheme, host, port) to origins of the listener; else somebody looked at a page that tries to use his phone.',
  },
  'sip.upgrade-refused': {
    sip: 400,
    http: 400,
    blame: 'client',
    level: 'info',
    title: 'A client asked for a WebSocket, and not for SIP in it',
    advice:
      'Have it ask for the subprotocol sip (RFC 7118), and send nothing before the answer; where withoutOrigin is refuse, clients have to name their page.',
  },
  'sip.peer-certificate-expired': {
    sip: 503,
    http: 502,
    blame: 'upstream',
    level: 'warn',
    title: 'The certificate of the far end has expired, or is not valid yet',
    advice: 'Have the far end renew it, and check the clocks of both.',
  },
  'sip.peer-certificate-untrusted': {
    sip: 503,
    http: 502,
    blame: 'upstream',
    level: 'warn',
    title: 'The certificate of the far end comes from nobody who is trusted',
    advice:
      'Name its authority in caFile: of sip.tls or of the trunk where we connect, of the listener where clients show certificates.',
  },
  'sip.peer-name-mismatch': {
    sip: 503,
    http: 502,
    blame: 'upstream',
    level: 'warn',
    title: 'The certificate of the far end is for another SIP domain',
    advice:
      'Have the domain of the URI put into it as subjectAltName, URI:sip:DOMAIN or DNS:DOMAIN without a wildcard, or set serverName of the trunk (RFC 5922).',
  },
  'sip.peer-name-unknown': {
    sip: 503,
    http: 502,
    blame: 'client',
    level: 'warn',
    title: 'A far end that is named by its address alone cannot be told apart over TLS',
    advice:
      'Write its domain instead of the address, or set outbound.tls.serverName of the trunk that has the address.',
  },
  'sip.no-client-certificate': {
    sip: 403,
    http: 403,
    blame: 'client',
    level: 'warn',
    title: 'A client showed no certificate where one is required',
    advice: 'Give the phone or trunk a certificate of the authority in caFile of the listener.',
  },
  'sip.handshake-failed': {
    sip: 503,
    http: 502,
    blame: 'unknown',
    level: 'warn',
    title: 'A TLS handshake failed',
    advice:
      'Let both sides speak TLS 1.2 or 1.3 with common ciphers, and check that the far end speaks TLS at all on this port.',
  },
} as const satisfies Record<string, FaultRow>
