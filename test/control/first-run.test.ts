import t from 'tap'
import { readConfig } from '../../src/base/config.ts'
import { firstGuide, firstLink, hasOwnToken } from '../../src/control/first-run.ts'

function configOf(text?: string) {
  const outcome = readConfig({
    ...(text === undefined ? {} : { text }),
    shippedFolder: '.',
    env: {},
    read: () => undefined,
  })
  if ('problems' in outcome) throw new Error(JSON.stringify(outcome.problems))
  return outcome.config
}

t.test('the token of the sample lets nobody in', async (t) => {
  t.notOk(hasOwnToken(configOf().http.tokens))
  t.ok(hasOwnToken(configOf('http:\n  tokens: [{ name: desk, token: a-token-of-this-test }]\n').http.tokens))
})

t.test('the link leads to where this server can be reached', async (t) => {
  const { http } = configOf()
  const at = (more: Partial<typeof http>) => firstLink({ ...http, ...more }, 8080, 'secret')
  const tls = { certFile: 'a', keyFile: 'b' }
  t.equal(at({}), 'http://127.0.0.1:8080/first/#secret')
  t.equal(at({ address: '0.0.0.0' }), 'http://127.0.0.1:8080/first/#secret', 'log-in over HTTP is for loopback alone')
  t.equal(at({ address: '::1' }), 'http://[::1]:8080/first/#secret')
  t.equal(at({ address: '0.0.0.0', hosts: ['desk.example.com'], tls }), 'https://desk.example.com:8080/first/#secret')
})

t.test('what a first call needs: passwords of sample accounts alone', async (t) => {
  const sip = [{ transport: 'udp', address: '127.0.0.1', port: 5060 }]
  t.match(firstGuide(configOf(), sip, true), {
    sip,
    phones: [
      { account: 'alice', password: 'alice-on-loopback', numbers: ['100', 'alice'] },
      { account: 'bob', password: 'bob-on-loopback', numbers: ['200', 'bob'] },
    ],
    featureCode: '*71',
    validates: true,
  })
  const own = configOf('phones:\n  - { account: amy, password: nobody-knows-this }\nroutes: []\n')
  t.strictSame(firstGuide(own, sip, false).phones, [{ account: 'amy', displayName: 'Phone', numbers: [] }])
})
