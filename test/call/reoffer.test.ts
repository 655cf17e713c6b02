import t from 'tap'
import { decideReoffer, type ReofferDecision } from '../../src/call/reoffer.ts'
import { answerTerms, newTerms, type Terms } from '../../src/call/terms.ts'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import { parseSdp } from '../../src/sip/sdp.ts'
import { phoneMedia } from '../peers/phone-media.ts'

const { version: _version, direction: _direction, ...local } = phoneMedia(20_002, ['G722', 'PCMA', 'PCMU'])
const fresh = newTerms(local)
const phone = phoneMedia(4000, ['PCMA', 'PCMU'])
const settled = ((): Terms => {
  const answer = answerTerms(fresh, parseSdp(makeOffer(phone)))
  if (answer.result === 'refused') throw new Error(answer.fault)
  return answer.terms
})()

function words(decision: ReofferDecision): string {
  if (decision.do === 'reject') return `${decision.status}`
  const formats = /RTP\/AVP ([\d ]+)/.exec(decision.body)?.[1]
  const direction = /a=(sendrecv|sendonly|recvonly|inactive)/.exec(decision.body)?.[1]
  return `${formats} ${direction}${decision.changed ? ', changed' : ''}`
}

/** What the answer is with the port here, and with the port in the vault. */
const rows: readonly (readonly [says: string, offer: string | undefined, here: string, away: string])[] = [
  ['a refresh', makeOffer({ ...phone, version: 2 }), '8 101 sendrecv', '8 101 sendrecv'],
  ['hold by sendonly', makeOffer({ ...phone, direction: 'sendonly' }), '8 101 recvonly, changed', '491'],
  ['hold by inactive', makeOffer({ ...phone, direction: 'inactive' }), '8 101 inactive, changed', '491'],
  ['hold by zeros', makeOffer({ ...phone, address: '0.0.0.0' }), '8 101 recvonly, changed', '491'],
  [
    'hold by zeros and inactive',
    makeOffer({ ...phone, address: '0.0.0.0', direction: 'inactive' }),
    '8 101 inactive, changed',
    '491',
  ],
  ['a new port', makeOffer(phoneMedia(4002)), '8 101 sendrecv, changed', '8 101 sendrecv, changed'],
  ['codecs in another order', makeOffer({ ...phone, codecs: ['PCMU', 'PCMA'] }), '8 101 sendrecv', '8 101 sendrecv'],
  ['another codec', makeOffer({ ...phone, codecs: ['PCMU'] }), '0 101 sendrecv, changed', '491'],
  ['no offer', undefined, '8 9 0 101 sendrecv', '8 101 sendrecv'],
  ['no common codec', makeOffer(phone).replace('8 0 101', '96'), '488', '488'],
  ['no stream', makeOffer(phone).replace('m=audio 4000', 'm=audio 0'), '488', '488'],
  ['nonsense', 'nonsense', '400', '400'],
]
for (const [says, offer, here, away] of rows) {
  t.test(`${says}: ${here}; in the vault: ${away}`, async (t) => {
    t.equal(words(decideReoffer(settled, offer, false)), here)
    t.equal(words(decideReoffer(settled, offer, true)), away)
    t.equal(words(decideReoffer(fresh, offer, false)), '491', 'before the first answer')
  })
}

t.test('before there is a port everything has to wait', async (t) => {
  t.equal(words(decideReoffer(undefined, undefined, false)), '491')
})
