/** Settings of trunks: how carriers and PBXs are known, and how calls are sent to them. */

import { Type } from 'typebox'
import {
  ADDRESS,
  count,
  FILE,
  flag,
  group,
  HOST,
  moreTargets,
  NAME,
  NUMBER,
  networks,
  oneOf,
  SIP_URI,
  secret,
  text,
  whole,
} from './config-kinds.ts'

export type SrtpPolicy = 'required' | 'preferred' | 'off'

const SRTP_MEANS =
  '"required" refuses plain RTP, "preferred" takes SRTP where the far end can do it, "off" refuses SRTP. Keys come in the session description (SDES).'

/** Whether somebody's sound must, may or must not be encrypted. */
export function srtpPolicy(whose: string, byDefault: SrtpPolicy) {
  return oneOf<SrtpPolicy[]>(`${whose}: ${SRTP_MEANS}`, ['required', 'preferred', 'off'], byDefault)
}

export const trunk = group('A carrier or PBX, known by its addresses.', {
  name: text('Name, for routes.', { ...NAME, sample: 'carrier' }),
  addresses: Type.Array(text('Address that its requests come from.', ADDRESS), {
    maxItems: 100,
    default: [],
    sample: ['192.0.2.10'],
    description: 'Addresses that its requests come from; they need no password. Needed unless there is a registration.',
  }),
  outbound: Type.Optional(
    group('How calls are sent to it.', {
      uri: text('Where requests go; the dialled number becomes the user part.', {
        ...SIP_URI,
        sample: 'sip:192.0.2.10:5060',
      }),
      weight: whole('Share of the calls among the targets of priority 0.', 0, 65_535, 1),
      moreTargets: moreTargets('outbound.uri'),
      pingSeconds: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 3600, description: 'As sip.ping.seconds, for this trunk.' }),
      ),
      largeOverTcp: flag(
        'Whether a request above 1300 octets goes to it over TCP although its URI says UDP, and over UDP where it takes none (RFC 3261 section 18.1.1). Some say that they take TCP, and drop it.',
        false,
      ),
      tls: Type.Optional(
        group('For a URI with transport=tls, or one of sips.', {
          serverName: Type.Optional(
            text('SIP domain in its certificate (RFC 5922); needed when the URI holds an address.', HOST),
          ),
          caFile: Type.Optional(text('Authorities trusted for it, PEM; those of sip.tls when absent.', FILE)),
          certificateFile: Type.Optional(text('Certificate shown to it when it asks for one, PEM.', FILE)),
          keyFile: Type.Optional(text('Key of that certificate, PEM, not encrypted.', FILE)),
        }),
      ),
    }),
  ),
  registration: Type.Optional(
    group(
      'How Sotto signs in at it, when it sends calls only to whoever has. Calls to the registered contact belong to the trunk.',
      {
        uri: text('Its registrar.', { ...SIP_URI, sample: 'sip:carrier.example' }),
        proxies: Type.Array(text('SIP URI.', SIP_URI), {
          maxItems: 8,
          default: [],
          description: 'Where registrations are sent, tried in this order; to the registrar itself when empty.',
        }),
        user: Type.Optional(
          text('User part of the address that is registered; user of credentials when absent.', {
            pattern: '^[^\\s@<>"]{1,128}$',
            says: 'a user name, or a number',
          }),
        ),
        expiresSeconds: whole('For how long it is asked for; what the registrar grants counts.', 30, 86_400, 600),
        retrySeconds: whole(
          'First wait after one that failed, doubled with each further one up to half an hour; ten times as long when it was refused.',
          1,
          3600,
          30,
        ),
      },
    ),
  ),
  credentials: Type.Optional(
    group('What it is answered when it asks for a password.', {
      user: text('User name.', { sample: 'account-at-carrier' }),
      realm: Type.Optional(
        text('Realm that is answered, and no other; when absent the first one that the trunk asks with in a call.', {
          sample: 'carrier.example',
        }),
      ),
      password: secret('Password.', { sample: 'change-me-please' }),
    }),
  ),
  redirects: Type.Optional(
    group('Follows 3xx answers of it (RFC 3261); when absent they are refusals (480).', {
      allowHosts: Type.Array(text('Host name or address.', HOST), {
        minItems: 1,
        maxItems: 100,
        description: 'Hosts that it may send calls to, for numbers that may be called through it.',
      }),
      maxHops: whole('How often a call may be sent on.', 1, 10, 3),
    }),
  ),
  maxCalls: Type.Optional(
    count(
      'Calls that it carries at once, both directions together; more are refused with 486. Any number when absent.',
    ),
  ),
  maxCallsPerSecond: Type.Optional(
    count(
      'New calls a second, both directions together; more are refused with 503 and Retry-After. Any number when absent.',
    ),
  ),
  latch: Type.Optional(
    Type.Unsafe<'first' | 'signalling' | 'sdp'>(
      Type.Enum(['first', 'signalling', 'sdp'], {
        sample: 'sdp',
        description:
          'As media.latch, for this trunk; that one when absent. A trunk with addresses of its own does with "sdp".',
      }),
    ),
  ),
  latchNetworks: networks('Networks that "first" learns from on this trunk, such as those of its media gateways.'),
  unprovedSound: oneOf(
    'How much sound goes to the place that an INVITE of it over UDP names, before an ACK, a PRACK or sound from there shows that the INVITE was no forgery: "half-a-second"; or "any", for a carrier that neither sends sound nor PRACK before the answer, and whose callers have to hear early media.',
    ['half-a-second', 'any'],
    'half-a-second',
  ),
  srtp: srtpPolicy('SRTP with it', 'off'),
  trustIdentity: flag('Whether P-Asserted-Identity from it is believed (RFC 3325).', false),
  sendIdentity: flag('Whether P-Asserted-Identity is sent to it.', false),
  allowDestinations: Type.Array(text('Number or prefix.', { ...NUMBER, sample: '+49*' }), {
    maxItems: 1000,
    default: [],
    description: 'Numbers that may be called through it; none when empty.',
  }),
  denyDestinations: Type.Array(text('Number or prefix.', NUMBER), {
    maxItems: 1000,
    default: [],
    description: 'Numbers among those that may not be called all the same, such as premium ones.',
  }),
})
