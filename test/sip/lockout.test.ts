import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { createLockout } from '../../src/sip/lockout.ts'
import { endpoint } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'
import { registrant } from './registrant.ts'

const LIMITS = { failures: 3, lockMs: 1000 }
const HERE = '192.0.2.1'

t.test('an account that is guessed, from one source', async (t) => {
  const lockout = createLockout(() => ({ ...LIMITS, failures: 3 }))
  lockout.proved(HERE, 'bob', 0)
  t.strictSame(
    [1, 2, 3, 4].map((ms) => lockout.failed(HERE, 'alice', ms)),
    [false, false, true, false],
    'told once',
  )
  t.ok(lockout.isLocked(HERE, 'alice', 5))
  t.notOk(lockout.isLocked(HERE, 'bob', 5), 'others behind the same address go on')
  t.notOk(lockout.isLocked('192.0.2.2', 'alice', 5), 'and so does the account elsewhere')
  t.notOk(lockout.isLocked(HERE, 'alice', 1003), 'until its time is over')
  t.notOk(lockout.failed(HERE, 'alice', 1004), 'and it begins anew')
})

t.test('many accounts from one source', async (t) => {
  const lockout = createLockout(() => LIMITS)
  t.strictSame(
    ['a', 'b', 'c'].map((user) => lockout.failed(HERE, user, 0)),
    [false, false, true],
  )
  t.ok(lockout.isLocked(HERE, 'd', 1), 'whoever it names')
  const shared = createLockout(() => LIMITS)
  shared.proved(HERE, 'bob', 0)
  const told = Array.from({ length: 30 }, (_, at) => shared.failed(HERE, `user-${at}`, 1))
  t.equal(told.indexOf(true), 29, 'ten times as many where somebody has signed in')
  t.ok(shared.isLocked(HERE, 'bob', 2))
})

t.test('failures that are far apart, and a password that was right after all', async (t) => {
  const lockout = createLockout(() => LIMITS)
  t.strictSame(
    [0, 600, 1200, 1800].map((ms) => lockout.failed(HERE, 'alice', ms)),
    [false, false, false, false],
  )
  const other = createLockout(() => LIMITS)
  other.proved(HERE, 'alice', 0)
  for (const ms of [1, 2]) other.failed(HERE, 'alice', ms)
  other.proved(HERE, 'alice', 3)
  t.strictSame(
    [4, 5].map((ms) => other.failed(HERE, 'alice', ms)),
    [false, false],
  )
})

t.test('a /64 is one source, and what is remembered is bounded', async (t) => {
  const lockout = createLockout(() => LIMITS)
  const addresses = ['2001:db8:1:2::7', '2001:db8:1:2:9:8:7:6', '2001:db8:1:2:0:0:0:1']
  t.strictSame(
    addresses.map((address) => lockout.failed(address, address, 0)),
    [false, false, true],
  )
  t.notOk(lockout.isLocked('2001:db8:1:3::7', 'a', 1))
  t.ok(lockout.isLocked('2001:db8:1:2::', 'a', 1))
  for (let i = 0; i < 20_000; i += 1) lockout.failed(`10.0.${i >> 8}.${i & 255}`, 'x', 2)
  t.notOk(lockout.isLocked(addresses[0] ?? '', 'a', 3), 'the oldest is forgotten')
})

t.test('guessing at a server', async (t) => {
  const net = memoryNet()
  const said: string[] = []
  const account = { password: new Secret('right') }
  const server = await endpoint(net, '10.0.0.2', () => {}, {
    phones: {
      realm: 'sotto',
      accountOf: (user) => (user === 'alice' ? account : undefined),
      nonceKey: new Uint8Array(32),
    },
    log: ({ event, address }) => said.push(`${event} ${address}`),
  })
  const { ask, proofOf, guess } = registrant(net, '10.0.0.2')

  t.strictSame(
    ['alice', 'nobody'].map((user) => guess('10.9.9.8', user, 'wrong')),
    ['401', '401'],
    'known or not',
  )
  t.equal(guess('10.9.9.9', 'alice', 'right'), '200')
  t.strictSame(
    new Set(Array.from({ length: 10 }, (_, at) => guess('10.9.9.7', 'alice', `guess-${at}`))),
    new Set(['401']),
  )
  t.equal(ask('10.9.9.7', 'alice').slice(8, 11), '403', 'locked out')
  t.equal(ask('10.9.9.7', 'nobody').slice(8, 11), '403', 'as anybody from there')
  t.equal(said.filter((each) => each === 'locked-out 10.9.9.7').length, 1, 'and told')
  t.equal(guess('10.9.9.9', 'alice', 'right'), '200', 'the account itself signs in elsewhere')

  const elsewhere = proofOf(ask('10.9.9.6', 'alice'), 'alice', 'right')
  t.match(ask('10.9.9.5', 'alice', elsewhere), /401[\s\S]*stale=true/, 'a nonce counts where it was given to')
  const wrong = proofOf(ask('10.9.9.6', 'alice'), 'alice', 'wrong')
  const own = '10.9.9.9'
  for (let i = 0; i < 50; i += 1) t.match(ask(own, 'alice', wrong), /401[\s\S]*stale=true/)
  t.equal(guess(own, 'alice', 'right'), '200', 'who forges an address locks nobody out')
  net.clock.step(300_001)
  t.equal(ask('10.9.9.7', 'alice').slice(8, 11), '401', 'for five minutes')
  t.strictSame(server.defects, [])
})

t.test('who may have forged his address gets at most three octets for one', async (t) => {
  const net = memoryNet()
  const phones = { realm: 'sotto', accountOf: () => undefined, nonceKey: new Uint8Array(32) }
  const server = await endpoint(net, '10.0.0.2', () => {}, { phones })
  const minimal = ['INVITE', 'REGISTER', 'OPTIONS', 'SUBSCRIBE', 'MESSAGE', 'NEW', 'BYE', 'CANCEL', 'INFO']
  const requests = [
    ...minimal.map((method) => [method, '10.9.9.9'] as const),
    // A trunk's address is as easily forged; what its calls may bring is in `allowance.test.ts`.
    ...minimal.filter((method) => method !== 'INVITE').map((method) => [method, '10.0.0.1'] as const),
  ]
  for (const [method, address] of requests) {
    for (const padding of [0, 20, 60, 120, 300, 800]) {
      const more = padding === 0 ? '' : `X: ${'x'.repeat(padding)}\r\n`
      const text = `${method} sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;branch=z9hG4bK${method}${padding}\r\nf:sip:a\r\nt:sip:a\r\ni:${padding}\r\nCSeq:1 ${method}\r\nm:<sip:a>\r\n${more}\r\n`
      net.log.length = 0
      net.inject(Buffer.from(text), { transport: 'udp', address, port: 5060 }, '10.0.0.2')
      await net.run(40_000, 1000)
      const out = net.log.reduce((sum, each) => sum + each.text.length, 0)
      t.ok(out <= 3 * text.length, `${method} of ${address} with ${padding} more: ${out} for ${text.length}`)
      if (padding >= 300) t.ok(out > 0, 'a request as phones send it is answered')
      if (padding >= 300 && method === 'REGISTER') t.match(net.log[0]?.text, /algorithm=SHA-256[\s\S]*algorithm=MD5/)
    }
  }
  t.match(server.sip.stats(), { serverTransactions: 0 })
})
