import t, { type Test } from 'tap'
import { makeDevelopmentCertificates } from '../../src/demo/certificate.ts'
import { type SlowKind, slowClient } from '../peers/slow-clients.ts'
import { checkedServer } from './checked-server.ts'
import { webBench } from './web-bench.ts'

const LIMITS = { headMs: 500, requestMs: 1000, silentMs: 1500, checkMs: 100 }
const DROP_MS = 100
/** Connections of each kind. */
const CLIENTS = 10

async function listening(t: Test, tls?: { certificate: string; key: string }, slowLimits = LIMITS) {
  const app = checkedServer(webBench({ slowLimits, tls }).options)
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())
  const address = app.server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

t.test('who is slow is closed, and holds nobody up meanwhile', async (t) => {
  const port = await listening(t)
  const kinds: readonly SlowKind[] = ['silent', 'head', 'body', 'idle', 'reader']
  const all = kinds.flatMap((kind) =>
    Array.from({ length: CLIENTS }, () => slowClient(port, kind, { dropMs: DROP_MS })),
  )
  let closed = 0
  const count = () => {
    closed += 1
  }
  for (const each of all) void each.closed.then(count)
  let answered = 0
  while (closed < all.length) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`)
    if (answer.ok) answered += 1
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  t.ok(answered > 0, 'others are answered')
  // 408; Node's parser may take the next drop for a defect after it has given up.
  for (const each of all.filter(({ kind }) => kind === 'head' || kind === 'body'))
    t.match((await each.closed).text, /^HTTP\/1\.1 40[08] .*[\s\S]*application\/problem\+json/)
})

t.test('who does not finish a TLS handshake is closed, and so is who reads drop by drop behind one', async (t) => {
  const { certificate, key } = await makeDevelopmentCertificates(Date.now())
  const port = await listening(t, { certificate, key })
  const kinds: readonly SlowKind[] = ['silent', 'handshake', 'reader']
  await Promise.all(kinds.map((kind) => slowClient(port, kind, { isTls: kind === 'reader', dropMs: DROP_MS }).closed))
  t.pass('all of them')
})

t.test('who reads steadily is not cut off, however much there is', async (t) => {
  const port = await listening(t)
  const answers = await Promise.all(
    Array.from({ length: 5 }, async () => (await fetch(`http://127.0.0.1:${port}/problems`)).text()),
  )
  t.ok(answers.every((text) => text.endsWith('</html>\n')))
})

t.test(
  'a connection stands for as long as is announced, so that nobody asks on one that is being closed',
  async (t) => {
    const limits = { headMs: 10_000, requestMs: 20_000, silentMs: 25_000, checkMs: 2000 }
    const { headers } = await fetch(`http://127.0.0.1:${await listening(t, undefined, limits)}/health`)
    const announcedMs = Number(/^timeout=(\d+)$/.exec(headers.get('keep-alive') ?? '')?.[1]) * 1000
    t.ok(announcedMs > 15_000)
    // Idle at all looks in a row, of which the first comes at once.
    const looks = Math.ceil((limits.silentMs - limits.checkMs) / limits.checkMs)
    t.ok(announcedMs < (looks - 1) * limits.checkMs, `${announcedMs} ms`)
  },
)
