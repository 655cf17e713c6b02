import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { authorize, chooseChallenges } from '../../src/sip/digest-client.ts'
import { headerOf, listOf } from '../../src/sip/message.ts'
import type { Line } from '../../src/sip/write-message.ts'
import { endpoint } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'
import { scriptedPeer } from './scripted-peer.ts'

const alice = { password: new Secret('secret') }
const phones = {
  realm: 'sotto',
  accountOf: (user: string) => (user === 'alice' ? alice : undefined),
  nonceKey: new Uint8Array(32),
}

async function world() {
  const net = memoryNet()
  const changes: string[] = []
  const server = await endpoint(net, '10.0.0.2', () => {}, {
    phones,
    events: {
      onIncoming: () => {},
      onRegistrationChanged: (account, contacts) => changes.push(`${account} ${contacts}`),
    },
  })
  const peer = await scriptedPeer(net, '10.0.0.77', '10.0.0.2')
  let cseq = 0
  const send = async (headers: readonly Line[], to: string) => {
    cseq += 1
    peer.send('REGISTER sip:10.0.0.2', [
      ['Via', `SIP/2.0/UDP 10.0.0.77;branch=z9hG4bKr${cseq}`],
      ['From', `<sip:${to}@10.0.0.2>;tag=r`],
      ['To', `<sip:${to}@10.0.0.2>`],
      ['Call-ID', 'register'],
      ['CSeq', `${cseq} REGISTER`],
      ...headers,
    ])
    await net.run(50)
    const answer = peer.responses.at(-1)
    if (answer === undefined) throw new Error('no answer')
    return answer
  }
  /** Registers with credentials. */
  const register = async (headers: readonly Line[], to = 'alice', user = 'alice') => {
    const challenged = await send(headers, to)
    const [challenge] = chooseChallenges(
      challenged.values.filter((_, at) => challenged.names[at] === 'www-authenticate'),
    )
    if (challenge === undefined) throw new Error('no challenge')
    const { value } = authorize(
      challenge,
      { user, password: new Secret('secret') },
      { method: 'REGISTER', uri: 'sip:10.0.0.2' },
      'c',
    )
    return send([...headers, ['Authorization', value]], to)
  }
  return { net, server, peer, changes, register, send }
}

t.test('contacts come, are asked for, lapse and go', async (t) => {
  const { net, server, changes, register } = await world()
  const added = await register([
    ['Contact', '<sip:alice@192.168.0.7:5062;ob>;expires=120;+sip.instance="<urn:uuid:1>"'],
  ])
  t.equal(added.status, 200)
  t.strictSame(listOf(added, 'contact'), ['<sip:alice@192.168.0.7:5062;ob>;expires=120'])
  t.strictSame(
    server.sip.contacts('alice'),
    [{ uri: 'sip:alice@192.168.0.7:5062;ob', peer: { transport: 'udp', address: '10.0.0.77', port: 5060 } }],
    'reached where it came from, whatever its Contact says',
  )
  t.equal((await register([])).status, 200, 'without Contact it only asks')
  await net.run(121_000, 1000)
  t.strictSame(server.sip.contacts('alice'), [])
  await register([
    ['Contact', '<sip:alice@10.0.0.77>'],
    ['Expires', '99999999999999'],
  ])
  await register([
    ['Contact', '*'],
    ['Expires', '0'],
  ])
  t.strictSame(changes, ['alice 1', 'alice 0', 'alice 1', 'alice 0'])
  t.strictSame(server.defects, [])
})

t.test('what is not taken', async (t) => {
  const { server, register, send } = await world()
  t.equal((await register([['Contact', '<sip:a@10.0.0.77>;expires=5']])).status, 423)
  t.equal((await register([['Contact', '<sip:a@10.0.0.77>']], 'bob')).status, 403, 'another’s address')
  t.equal((await register([['Contact', '<sips:a@10.0.0.77>']])).status, 400, 'sips, and not over TLS')
  t.equal((await register([['Contact', '*']])).status, 400, '* without Expires: 0')
  t.equal((await register([['Contact', '<sip:a@10.0.0.77>']], 'nobody', 'nobody')).status, 401)
  const again = await send([['Authorization', 'Digest realm="sotto", username="alice"']], 'alice')
  t.equal(again.status, 400)
  t.equal(headerOf(again, 'www-authenticate'), undefined)
  t.strictSame(server.sip.contacts('alice'), [])
})

t.test('accounts come and go: the phones of one that is gone are forgotten, and others stay', async (t) => {
  const { net, server, changes, register, send } = await world()
  const contact: Line[] = [['Contact', '<sip:alice@10.0.0.77>;expires=600']]
  t.equal((await register(contact)).status, 200)
  const settings = { accountOf: phones.accountOf }
  server.sip.reconfigure({ trunks: [], phones: settings })
  t.equal(server.sip.contacts('alice').length, 1, 'she is still there')
  const renamed = { accountOf: (user: string) => (user === 'bob' ? alice : undefined) }
  server.sip.reconfigure({ trunks: [], phones: renamed })
  await net.run(10)
  t.strictSame(server.sip.contacts('alice'), [])
  t.strictSame(changes, ['alice 1', 'alice 0'])
  t.equal((await register(contact)).status, 401)
  t.equal((await register([['Contact', '<sip:bob@10.0.0.77>']], 'bob', 'bob')).status, 200)
  const other = { password: new Secret('another one') }
  server.sip.reconfigure({ trunks: [], phones: { accountOf: (user: string) => (user === 'bob' ? other : undefined) } })
  t.equal(server.sip.contacts('bob').length, 1, 'another password counts when the phone comes again')
  t.equal((await register([['Contact', '<sip:bob@10.0.0.77>']], 'bob', 'bob')).status, 401)
  const limits = { contactsPerAccount: 1, minSeconds: 100, maxSeconds: 200, defaultSeconds: 150 }
  server.sip.reconfigure({ trunks: [], phones: { ...settings, limits, algorithms: ['MD5'] } })
  const challenged = await send(contact, 'alice')
  t.equal(challenged.names.filter((name) => name === 'www-authenticate').length, 1, 'one algorithm')
  t.match(await register([['Contact', '<sip:alice@10.0.0.77>;expires=50']]), { status: 423 })
  await server.sip.close()
})
