/** A proof of a password that somebody has seen is worth nothing to him: not again, not with its count made new, not without its protection, not for another account. */

import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { authorize, type ClientChallenge, chooseChallenges } from '../../src/sip/digest-client.ts'
import { parseMessage } from '../../src/sip/parse-message.ts'
import { endpoint } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'

const PASSWORDS: Readonly<Record<string, string>> = { alice: 'wonderland', bob: 'builder' }
const URI = 'sip:10.0.0.2'

async function stage() {
  const net = memoryNet()
  const server = await endpoint(net, '10.0.0.2', () => {}, {
    phones: {
      realm: 'sotto',
      accountOf: (user) => {
        const password = PASSWORDS[user]
        return password === undefined ? undefined : { password: new Secret(password) }
      },
      nonceKey: new Uint8Array(32).fill(3),
    },
  })
  let count = 0
  const ask = (user: string, proof = '', { from = '10.9.9.9', method = 'REGISTER' } = {}): string => {
    count += 1
    net.log.length = 0
    const line = proof === '' ? '' : `Authorization: ${proof}\r\n`
    const text = `${method} ${URI} SIP/2.0\r\nVia: SIP/2.0/UDP ${from};branch=z9hG4bK${count}\r\nMax-Forwards: 70\r\nFrom: <sip:${user}@10.0.0.2>;tag=${count}\r\nTo: <sip:${user}@10.0.0.2>\r\nCall-ID: ${count}\r\nCSeq: ${count} ${method}\r\nContact: <sip:${user}@${from}>\r\n${line}Content-Length: 0\r\n\r\n`
    net.inject(Buffer.from(text), { transport: 'udp', address: from, port: 5060 }, '10.0.0.2')
    return net.log[0]?.text ?? ''
  }
  const challenged = (user: string): ClientChallenge => {
    const parsed = parseMessage(Buffer.from(ask(user), 'latin1'))
    const values = parsed.kind === 'message' ? parsed.message.values : []
    const [challenge] = chooseChallenges(values.filter((value) => value.startsWith('Digest')))
    if (challenge === undefined) throw new Error('no challenge')
    return challenge
  }
  const proofOf = (challenge: ClientChallenge, user: string, cnonce = 'c0ffee') =>
    authorize(
      challenge,
      { user, password: new Secret(PASSWORDS[user] ?? '') },
      { method: 'REGISTER', uri: URI },
      cnonce,
    )
  return { ask, challenged, proofOf, server }
}

const STALE = /^SIP\/2\.0 401 [\s\S]*stale=true/

t.test('what a phone proved is not taken again', async (t) => {
  const { ask, challenged, proofOf, server } = await stage()
  const challenge = challenged('alice')
  const { value, challenge: counted } = proofOf(challenge, 'alice')
  t.match(ask('alice', value), /^SIP\/2\.0 200/)
  t.match(ask('alice', value), STALE, 'the same again')
  t.match(ask('alice', value, { from: '10.9.9.8' }), STALE, 'from elsewhere')
  t.match(ask('alice', value, { method: 'INVITE' }), /^SIP\/2\.0 401/, 'for a call')
  t.match(
    ask('alice', proofOf(challenge, 'alice', 'another').value),
    STALE,
    'its count with another number of the client',
  )
  t.match(
    ask('alice', value.replace('nc=00000001', 'nc=00000002')),
    /^SIP\/2\.0 401/,
    'the count raised by who has no password',
  )
  t.match(ask('alice', proofOf(counted, 'alice').value), /^SIP\/2\.0 200/, 'the phone itself counts on')
  t.strictSame(server.defects, [])
})

t.test('nor for another account', async (t) => {
  const { ask, challenged, proofOf } = await stage()
  const challenge = challenged('alice')
  const { value } = proofOf(challenge, 'alice')
  t.match(ask('alice', value), /^SIP\/2\.0 200/)
  t.match(ask('bob', value), STALE, 'in another name')
  t.match(ask('bob', value.replace('"alice"', '"bob"')), /^SIP\/2\.0 401/, 'said to be of the other')
  t.match(ask('bob', proofOf(challenge, 'bob').value), STALE, 'a nonce of another, its count used')
  t.match(
    ask('bob', proofOf(challenged('bob'), 'alice').value),
    /^SIP\/2\.0 403/,
    'who has proved one account registers no other',
  )
})

t.test('nor without its protection', async (t) => {
  const { ask, challenged, proofOf } = await stage()
  const old = { ...challenged('alice'), qop: undefined } as ClientChallenge
  t.match(
    ask('alice', proofOf(old, 'alice').value),
    /^SIP\/2\.0 400/,
    'the kind of RFC 2069, right but for ever the same',
  )
  const { value } = proofOf(challenged('alice'), 'alice')
  for (const [says, made] of [
    ['qop taken away', value.replace('qop=auth, ', '')],
    ['qop and count taken away', value.replace(/qop=auth, nc=\w+, /, '')],
    ['the count taken away', value.replace(/nc=\w+, /, '')],
    ['a qop that protects more, so it says', value.replace('qop=auth', 'qop=auth-int')],
  ] as const)
    t.match(ask('alice', made), /^SIP\/2\.0 400/, says)
})
