/** Settings of the sound: where its ports are, and how legs send and take it. */

import { Type } from 'typebox'
import { ADDRESS, AT_START, FILE, group, networks, oneOf, text, whole } from './config-kinds.ts'
import { srtpPolicy } from './config-trunk-schema.ts'
import { SRTP_SUITES, type SrtpSuiteName } from './srtp-suites.ts'

export const media = group('Audio.', {
  address: text(
    'Address of this machine for RTP; 0.0.0.0 or :: means all, and then media.announcedAddress must be set.',
    {
      default: '127.0.0.1',
      ...ADDRESS,
      ...AT_START,
    },
  ),
  announcedAddress: Type.Optional(
    text('Address written into SDP when it is not the one bound (NAT).', { ...ADDRESS, ...AT_START }),
  ),
  portMin: whole('First port for RTP; even.', 1024, 65_534, 20_000, AT_START),
  portMax: whole('Last port for RTP and RTCP.', 1025, 65_535, 29_999, AT_START),
  processes: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 64,
      description:
        'How many media processes; when absent one for each processor core that Sotto may use, and fewer where they would have ports for fewer than four calls each.',
      ...AT_START,
    }),
  ),
  memoryMegabytes: whole(
    'A media process that takes more memory than this is replaced: a fresh one takes the new calls, and it ends with those that it has.',
    128,
    65_536,
    1024,
    AT_START,
  ),
  codecs: Type.Array(Type.Enum(['OPUS', 'G722', 'PCMA', 'PCMU']), {
    minItems: 1,
    maxItems: 4,
    uniqueItems: true,
    description:
      'Codecs in the order in which they are offered. OPUS costs the most where the other leg has another one.',
    default: ['G722', 'PCMA', 'PCMU'],
    ...AT_START,
  }),
  holdMusic: text('WAV file that a held or parted agent hears: 16 bit, mono, 8 or 16 kHz.', {
    default: 'media/hold-music.wav',
    ...FILE,
    ...AT_START,
  }),
  latch: oneOf(
    'Whose audio is taken beside that of the address in SDP: "first" is whoever sends the first run of five good packets, for phones behind NAT; "signalling" is the address that SIP comes from, for phones that are behind one NAT with it; "sdp" is nobody. Once there is a source, nobody else is heard.',
    ['first', 'signalling', 'sdp'],
    'first',
  ),
  packetIo: oneOf(
    'How RTP is received and sent: "addon" in batches by the addon of Linux, at a third of the CPU per packet with a hundred calls and three fifths with five hundred, and nothing starts without it; "dgram" by Node itself; "auto" by the addon where it was built. A vault takes the addon wherever it was built.',
    ['auto', 'addon', 'dgram'],
    'auto',
    AT_START,
  ),
  latchNetworks: networks('Networks that "first" learns from, such as those of the phones; anywhere when empty.'),
  srtp: group('Encrypted audio; trunks have a policy each.', {
    phones: srtpPolicy('SRTP with phones, and with SIP URIs that routes lead to', 'preferred'),
    suites: Type.Array(Type.Unsafe<SrtpSuiteName>(Type.Enum(SRTP_SUITES.map(({ name }) => name))), {
      minItems: 1,
      maxItems: SRTP_SUITES.length,
      uniqueItems: true,
      description:
        'Crypto suites, best first. Those that are not named are not taken; short tags (_32) are taken, but not offered behind long ones.',
      default: SRTP_SUITES.map(({ name }) => name),
    }),
  }),
})
