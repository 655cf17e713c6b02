/**
 * What happens when messages cross, are lost, come late or come twice: rows of a play and of all that was seen of it, in its order. The test plays
 * each over the real stack (`sip-states.test.ts`), and `scripts/make-sip-states-doc.ts` writes them into docs/SIP-STATES.md.
 */

import { headerOf } from '../../src/sip/message.ts'
import {
  acks,
  acksRefusedCall,
  answers,
  bye,
  type Crossing,
  called,
  cancel,
  fork,
  hears,
  type Move,
  offers,
  played,
  says,
  together,
  wait,
} from '../peers/sip-plays.ts'
import { offerOf, sipScene } from '../peers/sip-scene.ts'
import { withCaller } from '../peers/sip-states.ts'

export const CROSSINGS: readonly Crossing[] = [
  {
    says: 'The agent answers while the caller cancels: our 200 is out already',
    after: 'RFC 3261 section 9.2',
    play: async () => played(await withCaller('ringing'), says(200), cancel, acks('caller', 1), bye('caller')),
    seen: [
      'caller < 200 INVITE with SDP',
      'agent < ACK',
      'caller < 200 CANCEL',
      'caller < 200 BYE',
      'agent < BYE',
      'the call is over',
    ],
  },
  {
    says: 'The caller cancels while the 200 of the agent is on its way',
    after: 'RFC 3261 sections 9.1 and 15',
    play: async () =>
      played(await withCaller('ringing'), async (at) => {
        cancel(at)
        await at.net.run(5, 5)
        at.answer(200, { sdp: true })
      }),
    seen: [
      'caller < 200 CANCEL',
      'caller < 487 INVITE',
      'agent < CANCEL',
      'agent < ACK',
      'agent < BYE',
      'the call is over',
    ],
  },
  {
    says: 'The caller cancels before the agent has said anything: our CANCEL waits for its first word',
    after: 'RFC 3261 section 9.1',
    play: async () =>
      played(await called(), cancel, says(100), answers('agent', 'CANCEL', 200), answers('agent', 'INVITE', 487)),
    seen: ['caller < 200 CANCEL', 'caller < 487 INVITE', 'agent < CANCEL', 'agent < ACK', 'the call is over'],
  },
  {
    says: 'Both hang up at once',
    after: 'RFC 5407 section 3.2.1',
    play: async () => played(await withCaller('confirmed'), together(bye('caller'), bye('agent'))),
    seen: ['caller < 200 BYE', 'agent < 200 BYE', 'the call is over'],
  },
  {
    says: 'The caller hangs up before its ACK',
    after: 'RFC 3261 section 15',
    play: async () => played(await withCaller('answered'), bye('caller'), acks('caller', 1)),
    seen: ['caller < 200 BYE', 'agent < BYE', 'the call is over'],
  },
  {
    says: 'The agent hangs up before the ACK of the caller: our BYE waits for it',
    after: 'RFC 3261 section 15',
    play: async () => played(await withCaller('answered'), bye('agent'), acks('caller', 1)),
    seen: ['agent < 200 BYE', 'caller < BYE', 'the call is over'],
  },
  {
    says: 'The ACK comes ten seconds late',
    after: 'RFC 3261 section 13.3.1.4',
    play: async () => played(await withCaller('answered'), wait(10_000), acks('caller', 1), wait(10_000)),
    seen: ['caller < 200 INVITE with SDP, 4 times', 'the call is bridged'],
  },
  {
    says: 'The ACK is lost for good: the 200 is repeated as long as ten octets go for one of the INVITE, and after 32 s both legs end',
    after: 'RFC 3261 section 13.3.1.4',
    play: async () => played(await withCaller('answered'), wait(33_000)),
    seen: [
      'caller < 200 INVITE with SDP, 4 times',
      'caller < BYE, 2 times',
      'agent < BYE, 2 times',
      'the call is over',
    ],
  },
  {
    says: 'The ACK is lost, and a re-INVITE shows that the 200 came: nothing is repeated any more',
    after: 'RFC 5407 section 3.1.4',
    play: async () =>
      played(
        await withCaller('answered'),
        offers('caller', 'INVITE', 7, { direction: 'sendonly' }),
        acks('caller', 7),
        wait(40_000),
      ),
    seen: ['caller < 200 INVITE with SDP', 'the call is bridged'],
  },
  {
    says: 'The agent answers, and its 200 comes twice more',
    after: 'RFC 3261 section 13.2.2.4',
    play: async () => played(await withCaller('ringing'), says(200), says(200), says(200)),
    seen: ['caller < 200 INVITE with SDP', 'agent < ACK, 3 times', 'the call is bridged'],
  },
  {
    says: 'A proxy forks our INVITE: both forks send sound, the second answers, the first answers too late',
    after: 'RFC 3261 sections 13.2.2.4 and 16.7',
    play: async () =>
      played(
        await called(),
        fork(180, 'one'),
        fork(183, 'one', 6000),
        hears('agent'),
        fork(183, 'two', 7000),
        hears('agent'),
        fork(200, 'two', 7000),
        fork(200, 'one', 6000),
        hears('agent'),
      ),
    seen: [
      'caller < 180 INVITE',
      'caller < 183 INVITE with SDP',
      'the port of the agent sends to 6000',
      'the port of the agent sends to 7000',
      'caller < 200 INVITE with SDP',
      'agent < ACK, 2 times',
      'agent < BYE',
      'the port of the agent sends to 7000',
      'the call is bridged',
    ],
  },
  {
    says: 'A fork that sent sound hangs up before any answer, which it may not: the others ring on',
    after: 'RFC 3261 section 15',
    play: async () =>
      played(
        await called(),
        fork(183, 'agent', 6000),
        fork(180, 'two'),
        bye('agent'),
        fork(200, 'two', 7000),
        hears('agent'),
      ),
    seen: [
      'caller < 183 INVITE with SDP',
      'agent < 200 BYE',
      'caller < 200 INVITE with SDP',
      'agent < ACK',
      'the port of the agent sends to 7000',
      'the call is bridged',
    ],
  },
  {
    says: 'The agent takes our CANCEL and never answers the INVITE',
    after: 'RFC 3261 section 9.1',
    play: async () =>
      played(await withCaller('ringing'), cancel, acksRefusedCall, answers('agent', 'CANCEL', 200), wait(33_000)),
    seen: ['caller < 200 CANCEL', 'caller < 487 INVITE', 'agent < CANCEL', 'the call is over'],
  },
  {
    says: 'The INVITE of the caller comes again, while it rings and after the answer',
    after: 'RFC 3261 section 17.2.1',
    play: async () => {
      const again: Move = (at) => at.invite()
      return played(await withCaller('ringing'), again, says(200), again, acks('caller', 1), again)
    },
    seen: ['caller < 180 INVITE', 'caller < 200 INVITE with SDP', 'agent < ACK', 'the call is bridged'],
  },
  {
    says: 'The same INVITE comes by another way',
    after: 'RFC 3261 section 8.2.2.2',
    play: async () => played(await withCaller('ringing'), (at) => at.invite({ branch: 'other' })),
    seen: ['caller < 482 INVITE', 'the call is ringing'],
  },
  {
    says: 'Our own INVITE comes back',
    after: 'RFC 3261 section 16.3',
    play: async () =>
      played(await withCaller('ringing'), (at) => {
        const via = headerOf(at.peers.agent.last('INVITE'), 'via') ?? ''
        at.ask('agent', 'INVITE', { toTag: '', headers: [['Via', via]], body: offerOf('agent') })
      }),
    seen: ['agent < 482 INVITE', 'the call is ringing'],
  },
  {
    says: 'An INVITE that may go no further',
    after: 'RFC 3261 section 16.3',
    play: async () => played(await sipScene(), (at) => at.invite({ maxForwards: 0 })),
    seen: ['caller < 483 INVITE', 'the call is over'],
  },
  {
    says: 'An INVITE that may go one hop further',
    after: 'RFC 3261 section 16.6',
    play: async () =>
      played(
        await called({ maxForwards: 1 }),
        (at) => `Max-Forwards to the agent: ${headerOf(at.peers.agent.last('INVITE'), 'max-forwards')}`,
      ),
    seen: ['Max-Forwards to the agent: 0', 'the call is ringing'],
  },
  {
    says: 'The agent asks for a password in answer to our BYE: it gets none, and the leg is over',
    after: 'RFC 3261 section 22.2',
    play: async () =>
      played(
        await withCaller('confirmed'),
        bye('caller'),
        answers('agent', 'BYE', 401, { headers: [['WWW-Authenticate', 'Digest realm="r", nonce="n"']] }),
      ),
    seen: ['caller < 200 BYE', 'agent < BYE', 'the call is over'],
  },
  {
    says: 'The agent says where else to look: nobody goes there',
    after: 'RFC 3261 section 8.1.3.4',
    play: async () =>
      played(await called(), answers('agent', 'INVITE', 302, { headers: [['Contact', '<sip:+49900@10.0.0.9>']] })),
    seen: ['caller < 480 INVITE', 'agent < ACK', 'the call is over'],
  },
]
