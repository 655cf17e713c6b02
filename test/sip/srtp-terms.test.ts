import t from 'tap'
import { SRTP_SUITES } from '../../src/base/srtp-suites.ts'
import { acceptAnswer, answerOffer, makeOffer } from '../../src/sip/offer-answer.ts'
import { parseSdp, type SdpSession } from '../../src/sip/sdp.ts'
import { localMedia } from './sdp-pairs.ts'

const keys = (fill: number, required = true) => ({
  required,
  keys: SRTP_SUITES.map((row) => ({ suite: row.name, master: new Uint8Array(row.keySize + row.saltSize).fill(fill) })),
})
const [OURS, THEIRS] = [keys(1), keys(2)]
const KEY = Buffer.alloc(30, 2).toString('base64')

function read(body: string): SdpSession {
  const session = parseSdp(body)
  if (session === undefined) throw new Error('not a description')
  return session
}

const described = (...lines: string[]) =>
  read(['v=0', 'o=- 1 1 IN IP4 192.0.2.20', 's=-', 'c=IN IP4 192.0.2.20', 't=0 0', ...lines, ''].join('\r\n'))
const SECURE = 'm=audio 5004 RTP/SAVP 8'
const crypto = (tag: number, suite: string, more = '') => `a=crypto:${tag} ${suite} inline:${KEY}${more}`

t.test('an offer and its answer settle the same keys, crosswise, and again in a re-offer', async (t) => {
  const offering = localMedia({ srtp: OURS })
  const offer = makeOffer(offering)
  t.match(offer, /m=audio 20000 RTP\/SAVP [\d ]+\r\n/)
  const suites = [...(offer.match(/a=crypto:\d \w+(?= inline:)/g) ?? [])]
  t.strictSame(
    suites,
    SRTP_SUITES.slice(0, 4).map(({ name }, at) => `a=crypto:${at + 1} ${name}`),
    'short tags are not offered behind long ones',
  )
  const answer = answerOffer(read(offer), localMedia({ srtp: THEIRS }))
  if (answer.result !== 'answered') throw new Error(answer.fault)
  const settled = acceptAnswer(offering, read(answer.body))
  if (settled.result !== 'accepted') throw new Error(settled.fault)
  const [ours, theirs] = [settled.agreed.srtp, answer.agreed.srtp]
  t.strictSame(ours?.sendMaster, theirs?.receiveMaster)
  t.strictSame(ours?.receiveMaster, theirs?.sendMaster)
  t.notSame(ours?.sendMaster, ours?.receiveMaster)
  const again = makeOffer(localMedia({ srtp: OURS, inUse: settled.agreed }))
  t.strictSame(
    [...(again.match(/a=crypto.*/g) ?? [])],
    [...(offer.match(/a=crypto.*/g) ?? [])].slice(0, 1),
    'our key stays, and no other',
  )
  const rekeyed = answerOffer(read(again), localMedia({ srtp: keys(3), inUse: answer.agreed }))
  t.equal(rekeyed.result === 'answered' && rekeyed.agreed.srtp?.sendMaster[0], 3, 'theirs may be another one')
})

t.test('what is taken of an offer', async (t) => {
  const first = described(
    'm=audio 5002 RTP/AVP 8',
    SECURE,
    crypto(1, 'F8_128_HMAC_SHA1_80'),
    crypto(2, 'AES_CM_128_HMAC_SHA1_80', ' UNENCRYPTED_SRTP'),
    crypto(3, 'AES_CM_128_HMAC_SHA1_32'),
    crypto(4, 'AES_CM_128_HMAC_SHA1_80'),
  )
  const answer = answerOffer(first, localMedia({ srtp: OURS }))
  if (answer.result !== 'answered') throw new Error(answer.fault)
  t.equal(answer.agreed.srtp?.tag, 3, 'the first that can be used')
  t.match(answer.body, /m=audio 0 RTP\/AVP 8\r\n[\s\S]*m=audio 20000 RTP\/SAVP 8\r\n/)
  t.equal(answer.body.match(/a=crypto:/g)?.length, 1)
  const plain = answerOffer(first, localMedia())
  t.equal(plain.result === 'answered' && plain.agreed.remote.rtpPort, 5002, 'without SRTP the plain stream')
  t.equal(plain.result === 'answered' && plain.agreed.srtp, undefined)
  t.notMatch(plain.result === 'answered' && plain.body, /crypto/)
})

t.test('no offer and no answer leads to plain RTP or to a weaker key', async (t) => {
  const rows: readonly (readonly [string, SdpSession, string])[] = [
    [
      'stripped to plain RTP',
      described('m=audio 5004 RTP/AVP 8', crypto(1, 'AES_CM_128_HMAC_SHA1_80')),
      'sip.srtp-required',
    ],
    ['no key', described(SECURE), 'sip.no-common-crypto'],
    [
      'unencrypted',
      described(SECURE, crypto(1, 'AES_CM_128_HMAC_SHA1_80', ' UNENCRYPTED_SRTP')),
      'sip.no-common-crypto',
    ],
    [
      'no tags',
      described(SECURE, crypto(1, 'AES_CM_128_HMAC_SHA1_80', ' UNAUTHENTICATED_SRTP')),
      'sip.no-common-crypto',
    ],
    ['a weak suite', described(SECURE, crypto(1, 'NULL_HMAC_SHA1_80')), 'sip.no-common-crypto'],
    ['an empty key', described(SECURE, 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:'), 'sip.bad-crypto'],
    ['one broken line', described(SECURE, crypto(1, 'AES_CM_128_HMAC_SHA1_80'), 'a=crypto:x'), 'sip.bad-crypto'],
    [
      'one number twice',
      described(SECURE, crypto(1, 'AES_CM_128_HMAC_SHA1_80'), crypto(1, 'AES_CM_128_HMAC_SHA1_32')),
      'sip.bad-crypto',
    ],
    ['refused', described('m=audio 0 RTP/SAVP 8'), 'sip.no-audio'],
    [
      'a key of another stream',
      described(SECURE, 'm=video 0 RTP/SAVP 31', crypto(1, 'AES_CM_128_HMAC_SHA1_80')),
      'sip.no-common-crypto',
    ],
  ]
  const local = localMedia({ srtp: OURS })
  for (const [says, session, fault] of rows) {
    t.strictSame(answerOffer(session, local), { result: 'refused', fault }, says)
    t.strictSame(acceptAnswer(local, session), { result: 'refused', fault }, `${says}, in an answer`)
  }
  const other = described(SECURE, crypto(1, 'AES_CM_128_HMAC_SHA1_80'))
  t.strictSame(
    acceptAnswer(local, other),
    { result: 'refused', fault: 'sip.no-common-crypto' },
    'not the suite of that number',
  )
  t.equal(acceptAnswer(local, described(SECURE, crypto(4, 'AES_CM_128_HMAC_SHA1_80'))).result, 'accepted')
})

t.test(
  'where SRTP is preferred, keys stand on a line of plain RTP, and either kind is answered as it came',
  async (t) => {
    const [local, far] = [localMedia({ srtp: keys(1, false) }), localMedia({ srtp: keys(2, false) })]
    const offer = makeOffer(local)
    t.match(offer, /m=audio 20000 RTP\/AVP [\d ]+\r\n/)
    t.equal(offer.match(/a=crypto:/g)?.length, 4)
    const answer = answerOffer(read(offer), far)
    if (answer.result !== 'answered') throw new Error(answer.fault)
    t.match(answer.body, /m=audio 20000 RTP\/AVP 9[\s\S]*a=crypto:1 AEAD_AES_256_GCM/)
    const settled = acceptAnswer(local, read(answer.body))
    t.strictSame(settled.result === 'accepted' && settled.agreed.srtp?.sendMaster, answer.agreed.srtp?.receiveMaster)
    const plain = answerOffer(read(offer), localMedia())
    if (plain.result !== 'answered') throw new Error(plain.fault)
    t.notMatch(plain.body, /crypto/, 'who knows nothing of keys answers in plain RTP')
    const fallen = acceptAnswer(local, read(plain.body))
    t.match(fallen, { result: 'accepted', agreed: { codec: 'G722' } })
    t.equal(fallen.result === 'accepted' && fallen.agreed.srtp, undefined)
    const goesOn = fallen.result === 'accepted' ? makeOffer(localMedia({ ...local, inUse: fallen.agreed })) : ''
    t.notMatch(goesOn, /crypto/, 'what began in plain RTP goes on in it')
    const savp = answerOffer(described(SECURE, crypto(7, 'AES_CM_128_HMAC_SHA1_80')), local)
    t.match(savp, { result: 'answered', agreed: { srtp: { tag: 7, profile: 'RTP/SAVP' } } })
    const useless = described('m=audio 5004 RTP/AVP 8', crypto(1, 'F8_128_HMAC_SHA1_80'))
    t.match(answerOffer(useless, local), { result: 'answered' }, 'a wish that cannot be met')
    const rows: readonly (readonly [string, SdpSession])[] = [
      ['an answer with keys that were not offered', useless],
      ['SRTP without a key', described(SECURE)],
    ]
    for (const [says, session] of rows) {
      t.strictSame(acceptAnswer(local, session), { result: 'refused', fault: 'sip.no-common-crypto' }, says)
    }
    const broken = described('m=audio 5004 RTP/AVP 8', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:')
    t.strictSame(answerOffer(broken, local), { result: 'refused', fault: 'sip.bad-crypto' })
  },
)

t.test('a session that has keys is not taken back to plain RTP, whatever the policy', async (t) => {
  const local = localMedia({ srtp: keys(1, false) })
  const settle = (session: SdpSession) => {
    const answer = answerOffer(session, local)
    if (answer.result !== 'answered') throw new Error(answer.fault)
    return localMedia({ srtp: keys(1, false), inUse: answer.agreed })
  }
  const line = crypto(1, 'AES_CM_128_HMAC_SHA1_80')
  const secure = settle(described(SECURE, line))
  const opportune = settle(described('m=audio 5004 RTP/AVP 8', line))
  const plain = described('m=audio 5004 RTP/AVP 8')
  const refused = { result: 'refused', fault: 'sip.srtp-required' }
  for (const inUse of [secure, opportune]) {
    t.strictSame(answerOffer(plain, inUse), refused)
    t.strictSame(acceptAnswer(inUse, plain), refused)
  }
  t.strictSame(answerOffer(described('m=audio 5004 RTP/AVP 8', line), secure), refused, 'SAVP stripped to AVP')
  const useless = described('m=audio 5004 RTP/AVP 8', crypto(1, 'F8_128_HMAC_SHA1_80'))
  t.strictSame(answerOffer(useless, opportune), { result: 'refused', fault: 'sip.no-common-crypto' })
  t.match(answerOffer(described('m=audio 5004 RTP/AVP 8', line), opportune), { result: 'answered' })
  t.match(answerOffer(described(SECURE, line), opportune), { result: 'answered' }, 'the other way round is none')
  t.match(makeOffer(opportune), /RTP\/AVP 9 [\s\S]*a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:\S{40}\r/)
})

t.test('a lifetime goes with the key', async (t) => {
  const answer = answerOffer(
    described(SECURE, crypto(1, 'AES_CM_128_HMAC_SHA1_80', '|2^20')),
    localMedia({ srtp: OURS }),
  )
  t.equal(answer.result === 'answered' && answer.agreed.srtp?.receiveLifetime, 2 ** 20)
})

t.test('short tags are offered where they stand first, or alone', async (t) => {
  const ordered = (...names: string[]) => {
    const rows = names.flatMap((name) => keys(1).keys.filter(({ suite }) => suite === name))
    const offer = makeOffer(localMedia({ srtp: { required: true, keys: rows } }))
    return [...offer.matchAll(/a=crypto:\d (\w+)/g)].map(([, name]) => name)
  }
  const [long, short] = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32']
  t.strictSame(ordered(short, long), [short, long])
  t.strictSame(ordered(short), [short])
  t.strictSame(ordered(long, short), [long])
})
