import fc from 'fast-check'
import t from 'tap'
import { fillUrl, placeholderProblem, urlProblem } from '../../src/add-ins/lookup-url.ts'

const ORDER = 'https://orders.example:8443/api/orders/{order}'
const QUERY = 'https://orders.example/find?order={order}&shop={shop}'
const PLACES = { allowHosts: ['orders.example'], plainLoopback: false }

t.test('values stand percent-encoded where the manifest has a place for them', async (t) => {
  const href = (template: string, values: Record<string, string>) => {
    const filled = fillUrl(template, values)
    return 'url' in filled ? filled.url.href : filled.refused
  }
  t.equal(href(ORDER, { order: '4711' }), 'https://orders.example:8443/api/orders/4711')
  t.equal(
    href(ORDER, { order: '2026/47 11?a=b#c&d%2e' }),
    'https://orders.example:8443/api/orders/2026%2F47%2011%3Fa%3Db%23c%26d%252e',
  )
  t.equal(
    href(QUERY, { order: "O'Neil&shop=2", shop: 'ü' }),
    'https://orders.example/find?order=O%27Neil%26shop%3D2&shop=%C3%BC',
  )
})

t.test('what is missing, unknown, empty or leads out is refused', async (t) => {
  const bad: readonly Record<string, string>[] = [
    {},
    { order: '' },
    { order: '  ' },
    { order: '1', other: '2' },
    { order: 'a\r\nHost: b' },
    { order: '\ud800' },
    { order: 'x'.repeat(257) },
    ...['.', '..', '../x', 'x/..', '..\\x', 'x/../../y', './x', '..;/x', '.. ', '..;a=b'].map((order) => ({ order })),
  ]
  for (const values of bad) t.match(fillUrl(ORDER, values), { refused: 'lookup.bad-value' }, JSON.stringify(values))
  t.match(fillUrl(ORDER, JSON.parse('{"__proto__": "1"}')), { refused: 'lookup.bad-value' })
  for (const order of ['4111 1111 1111 1111', '4111111111111111', 'a4111-1111-1111-1111'])
    t.match(fillUrl(ORDER, { order }), { refused: 'lookup.card-number' })
  t.match(fillUrl(QUERY, { order: '1', shop: '4111.1111.1111.1111' }), { refused: 'lookup.card-number' })
})

t.test('whatever a form asks with, it goes to the host, the port and the folder of the manifest', async (t) => {
  t.equal(urlProblem(ORDER, PLACES), undefined)
  t.equal(placeholderProblem(ORDER), undefined)
  let taken = 0
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'./\\@:?#&=;%2eE5cfF\t \n', 'a', 'é', '[', ']') }), (order) => {
      const filled = fillUrl(ORDER, { order })
      if ('refused' in filled) return true
      taken++
      const { protocol, host, username, hash, search, pathname } = filled.url
      const steps = pathname.split('/')
      return (
        `${protocol}//${host}` === 'https://orders.example:8443' &&
        `${username}${hash}${search}` === '' &&
        steps.length === 4 &&
        pathname.startsWith('/api/orders/') &&
        decodeURIComponent(steps[3] ?? '') === order
      )
    }),
    { numRuns: 2000 },
  )
  t.ok(taken > 200, `${taken} were taken`)
})
