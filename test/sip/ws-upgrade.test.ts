import t from 'tap'
import { judgeUpgrade, readUpgrade, type WsTerms } from '../../src/sip/ws-upgrade.ts'

const NONE = Buffer.alloc(0)
const DESK: WsTerms = { origins: ['https://desk.example.com', 'http://127.0.0.1:8080'], withoutOrigin: 'accept' }

/** @param headers lines of a request. @returns the counter of its refusal, or `in`. */
function judged(headers: readonly string[], terms = DESK, head = NONE): string {
  const rawHeaders = headers.flatMap((line) => [
    line.slice(0, line.indexOf(':')),
    line.slice(line.indexOf(':') + 1).trim(),
  ])
  return judgeUpgrade(readUpgrade({ rawHeaders }, head), terms)?.why ?? 'in'
}

const HOST = 'Host: sip.example.com'
const SIP = 'Sec-WebSocket-Protocol: sip'

t.test('pages', async (t) => {
  const rows: readonly (readonly [origin: string, outcome: string])[] = [
    ['https://desk.example.com', 'in'],
    ['https://DESK.example.com:443', 'in'],
    ['http://127.0.0.1:8080', 'in'],
    ['http://desk.example.com', 'ws-foreign-origin'],
    ['https://desk.example.com:8443', 'ws-foreign-origin'],
    ['https://desk.example.com.evil.example', 'ws-foreign-origin'],
    ['https://evil.example', 'ws-foreign-origin'],
    // Its own host proves nothing of a page.
    ['https://sip.example.com', 'ws-foreign-origin'],
    ['null', 'ws-foreign-origin'],
    ['', 'ws-foreign-origin'],
    ['file://', 'ws-foreign-origin'],
  ]
  for (const [origin, outcome] of rows) t.equal(judged([HOST, SIP, `Origin: ${origin}`]), outcome, origin)
  t.equal(judged([HOST, SIP, 'Origin: https://desk.example.com'], { ...DESK, origins: [] }), 'ws-foreign-origin')
  t.equal(
    judged([HOST, SIP, 'Origin: null'], { ...DESK, origins: ['null'] }),
    'in',
    'a page without one, when it is listed',
  )
  t.equal(judged([HOST, SIP, 'Origin: file://'], { ...DESK, origins: ['null'] }), 'ws-foreign-origin')
  const two = [HOST, SIP, 'Origin: https://desk.example.com', 'Origin: https://evil.example']
  t.equal(judged(two), 'ws-bad-upgrade')
})

t.test('who names no page', async (t) => {
  t.equal(judged([HOST, SIP]), 'in')
  t.equal(judged([HOST, SIP], { ...DESK, withoutOrigin: 'refuse' }), 'ws-no-origin')
})

t.test('subprotocol, hosts, octets that came early', async (t) => {
  t.equal(judged([HOST]), 'ws-no-subprotocol')
  t.equal(judged([HOST, 'Sec-WebSocket-Protocol: SIP']), 'ws-no-subprotocol')
  t.equal(judged([HOST, 'sec-websocket-protocol: chat,  sip']), 'in')
  t.equal(judged([HOST, 'Sec-WebSocket-Protocol: chat', SIP]), 'in')
  t.equal(judged([SIP]), 'ws-bad-upgrade')
  t.equal(judged([HOST, 'Host: other', SIP]), 'ws-bad-upgrade')
  t.equal(judged([HOST, SIP], DESK, Buffer.from([0x81])), 'ws-bad-upgrade')
})
