/**
 * Offers that cross, come early, without description, or cannot be met: rows as in `sip-crossing-rows.ts`.
 */

import { headerOf } from '../../src/sip/message.ts'
import {
  acks,
  acksRefusal,
  acksRefusedCall,
  answers,
  type Crossing,
  called,
  hears,
  offers,
  played,
  says,
  wait,
  willAnswer,
} from '../peers/sip-plays.ts'
import { offerOf } from '../peers/sip-scene.ts'
import { withAgent, withCaller } from '../peers/sip-states.ts'

export const OFFERS: readonly Crossing[] = [
  {
    says: 'The caller offers nothing: our offer goes in the 200, and its ACK brings the answer',
    after: 'RFC 3261 section 13.2.1',
    play: async () => played(await called({}, ''), says(200), acks('caller', 1, offerOf('caller')), hears('caller')),
    seen: [
      'caller < 200 INVITE with SDP',
      'agent < ACK',
      'the port of the caller sends to 4000',
      'the call is bridged',
    ],
  },
  {
    says: 'The caller offers nothing, and its ACK brings no answer either',
    after: 'RFC 3261 section 13.2.1',
    play: async () => played(await called({}, ''), says(200), acks('caller', 1)),
    seen: ['caller < 200 INVITE with SDP', 'agent < ACK', 'caller < BYE', 'agent < BYE', 'the call is over'],
  },
  {
    says: 'The caller offers nothing, and its ACK brings an answer that cannot be used',
    after: 'RFC 3261 section 13.2.1',
    play: async () =>
      played(await called({}, ''), says(200), acks('caller', 1, offerOf('caller', { codecs: ['OPUS'] }))),
    seen: ['caller < 200 INVITE with SDP', 'agent < ACK', 'caller < BYE', 'agent < BYE', 'the call is over'],
  },
  {
    says: 'The caller offers nothing, and an UPDATE of it overtakes its ACK',
    after: 'RFC 3311 section 5.2',
    play: async () =>
      played(await called({}, ''), says(200), offers('caller', 'UPDATE', 7, {}), acks('caller', 1, offerOf('caller'))),
    seen: ['caller < 200 INVITE with SDP', 'agent < ACK', 'caller < 491 UPDATE', 'the call is bridged'],
  },
  {
    says: 'A re-INVITE without offer moves the caller by its ACK',
    after: 'RFC 3261 section 14.2',
    play: async () =>
      played(
        await withCaller('confirmed'),
        offers('caller', 'INVITE', 7),
        acks('caller', 7, offerOf('caller', { rtpPort: 4444, version: 7 })),
        hears('caller'),
      ),
    seen: ['caller < 200 INVITE with SDP', 'the port of the caller sends to 4444', 'the call is bridged'],
  },
  {
    says: 'A re-INVITE without offer whose ACK brings nothing usable leaves all as it was',
    after: 'RFC 6337 section 2.2',
    play: async () =>
      played(
        await withAgent('confirmed'),
        offers('agent', 'INVITE', 107),
        acks('agent', 107, 'v=0\r\n'),
        hears('agent'),
      ),
    seen: ['agent < 200 INVITE with SDP', 'the port of the agent sends to 5000', 'the call is bridged'],
  },
  {
    says: 'A re-INVITE is refused: address, codec and hold stay as they were, and the next one is answered',
    after: 'RFC 6141 section 3.1',
    play: async () =>
      played(
        await withCaller('confirmed'),
        offers('caller', 'INVITE', 7, { rtpPort: 4444, codecs: ['OPUS'] }),
        acksRefusal('caller', 7),
        hears('caller'),
        offers('caller', 'INVITE', 8, { rtpPort: 4445 }),
        acks('caller', 8),
        hears('caller'),
      ),
    seen: [
      'caller < 488 INVITE',
      'the port of the caller sends to 4000',
      'caller < 200 INVITE with SDP',
      'the port of the caller sends to 4445',
      'the call is bridged',
    ],
  },
  {
    says: 'Re-INVITEs of both ends cross: each gets 491, and ours is made again',
    after: 'RFC 3261 section 14.1',
    play: async () =>
      played(
        await withCaller('offering'),
        offers('caller', 'INVITE', 7, {}),
        acksRefusal('caller', 7),
        answers('caller', 'INVITE', 491),
        offers('caller', 'INVITE', 8, { rtpPort: 4444 }),
        acks('caller', 8),
        willAnswer('caller', 'INVITE', 200, {
          body: offerOf('caller', { version: 9, rtpPort: 4444, codecs: ['PCMA'] }),
        }),
        wait(4000),
        hears('caller'),
      ),
    seen: [
      'caller < 491 INVITE',
      'caller < ACK',
      'caller < 200 INVITE with SDP',
      'caller < INVITE with SDP',
      'caller < ACK',
      'the port of the caller sends to 4444',
      'the call is bridged',
    ],
  },
  {
    says: 'An UPDATE crosses our re-INVITE: 491, and again when ours is answered',
    after: 'RFC 3311 section 5.2',
    play: async () =>
      played(
        await withAgent('offering'),
        offers('agent', 'UPDATE', 107, { rtpPort: 5555 }),
        answers('agent', 'INVITE', 200, { body: offerOf('agent', { codecs: ['PCMA'] }) }),
        offers('agent', 'UPDATE', 108, { rtpPort: 5555 }),
        hears('agent'),
      ),
    seen: [
      'agent < 491 UPDATE',
      'agent < ACK',
      'agent < 200 UPDATE with SDP',
      'the port of the agent sends to 5555',
      'the call is bridged',
    ],
  },
  {
    says: 'Our re-INVITE is refused: the call goes on',
    after: 'RFC 6141 section 3.1',
    play: async () => played(await withCaller('offering'), answers('caller', 'INVITE', 488), hears('caller')),
    seen: ['caller < ACK', 'the port of the caller sends to 4000', 'the call is bridged'],
  },
  {
    says: 'Our re-INVITE meets a far end that knows nothing of the call: both legs end',
    after: 'RFC 3261 section 12.2.1.2',
    play: async () => played(await withCaller('offering'), answers('caller', 'INVITE', 481)),
    seen: ['caller < ACK', 'caller < BYE', 'agent < BYE', 'the call is over'],
  },
  {
    says: 'Our re-INVITE and the BYE of its far end cross',
    after: 'RFC 5407 section 3.2.3',
    play: async () =>
      played(await withCaller('offering'), (at) => void at.ask('caller', 'BYE'), answers('caller', 'INVITE', 487)),
    seen: ['caller < 200 BYE', 'agent < BYE', 'caller < ACK', 'the call is over'],
  },
  {
    says: 'The caller moves by UPDATE before it is answered, as its 183 was reliable',
    after: 'RFC 3311 section 5.1',
    play: async () =>
      played(
        await withCaller('agreed'),
        offers('caller', 'UPDATE', 7, { rtpPort: 4444 }),
        hears('caller'),
        says(200),
        acks('caller', 1),
        hears('caller'),
      ),
    seen: [
      'caller < 200 UPDATE with SDP',
      'the port of the caller sends to 4444',
      'caller < 200 INVITE with SDP',
      'agent < ACK',
      'the port of the caller sends to 4444',
      'the call is bridged',
    ],
  },
  {
    says: 'The agent moves by UPDATE before it answers: what its 200 repeats is history',
    after: 'RFC 3261 section 13.2.1, RFC 3311 section 5.1',
    play: async () =>
      played(
        await withAgent('agreed'),
        offers('agent', 'UPDATE', 107, { rtpPort: 5555 }),
        hears('agent'),
        says(200),
        hears('agent'),
      ),
    seen: [
      'agent < 200 UPDATE with SDP',
      'the port of the agent sends to 5555',
      'caller < 200 INVITE with SDP',
      'agent < ACK',
      'the port of the agent sends to 5555',
      'the call is bridged',
    ],
  },
  {
    says: 'The PRACK of the caller brings an offer',
    after: 'RFC 3262 section 5',
    play: async () => {
      const scene = await called({ headers: [['Require', '100rel']] })
      return played(
        scene,
        says(183),
        (at) => {
          const rack = `${headerOf(at.response('caller', 183), 'rseq')} 1 INVITE`
          at.ask('caller', 'PRACK', {
            headers: [['RAck', rack]],
            body: offerOf('caller', { rtpPort: 4444, version: 2 }),
          })
        },
        hears('caller'),
      )
    },
    seen: [
      'caller < 183 INVITE with SDP',
      'caller < 200 PRACK with SDP',
      'the port of the caller sends to 4444',
      'the call is ringing',
    ],
  },
  {
    says: 'The PRACK of the caller is lost for good: the 183 is repeated as long as six octets go for one of the INVITE',
    after: 'RFC 3262 section 3',
    play: async () =>
      played(await called({ headers: [['Require', '100rel']] }), says(183), wait(32_000), acksRefusedCall),
    seen: ['caller < 183 INVITE with SDP, 3 times', 'caller < 504 INVITE', 'agent < CANCEL', 'the call is over'],
  },
]
