import t from 'tap'
import { readManifest } from '../../src/add-ins/manifest.ts'
import { manifest } from './add-in-folders.ts'

const PLACES = { allowHosts: ['orders.example', '127.0.0.1', '::1'], plainLoopback: false }
const read = (more: object = {}, folder = 'order-lookup', places = PLACES) =>
  readManifest(JSON.stringify(manifest(more)), folder, places)
/** @returns the places of what is wrong. */
function placesOf(reading: ReturnType<typeof readManifest>): readonly string[] {
  return 'problems' in reading ? reading.problems.map(({ place }) => place) : ['(right)']
}
const lookup = (more: object) => ({
  lookups: { order: { url: 'https://orders.example/api/{order}', answer: ['amount'], ...more } },
})
const url = (text: string) => lookup({ url: text })

t.test('a manifest that is right, with its defaults', async (t) => {
  const reading = read()
  t.match(reading, { manifest: { name: 'order-lookup', lookups: { order: { timeoutMs: 5000 } } } })
  const least = { contract: 1, name: 'a-b', version: '0.0.1', title: 'T', script: 's.js' }
  t.strictSame(readManifest(JSON.stringify(least), 'a-b', PLACES), {
    manifest: { ...least, styles: [], attributes: [], lookups: {} },
  })
})

t.test('what is wrong is told with its place and what to do, and no value of it', async (t) => {
  const rows: readonly (readonly [string, object, string])[] = [
    ['no name of an element', { name: 'orders' }, 'name'],
    ['a name that SVG has taken', { name: 'font-face' }, 'name'],
    ['another folder', { name: 'other-lookup' }, 'name'],
    ['another contract', { contract: 2 }, 'contract'],
    ['no contract', { contract: undefined }, 'contract'],
    ['no version', { version: 'new' }, 'version'],
    ['a version that leads elsewhere', { version: '../1' }, 'version'],
    ['a script elsewhere', { script: '../other/x.js' }, 'script'],
    ['a script that is none', { script: 'x.txt' }, 'script'],
    ['a style elsewhere', { styles: ['/etc/x.css'] }, 'styles[0]'],
    ['an attribute of nothing', { attributes: ['everything'] }, 'attributes[0]'],
    ['a key that nobody knows', { styels: [] }, 'styels'],
    ['a key with a card number', { '4111 1111 1111 1111': 1 }, ''],
    ['a title with a card number', { title: 'Order 4111 1111 1111 1111' }, 'title'],
    ['a lookup without an answer', lookup({ answer: undefined }), 'lookups.order.answer'],
    ['a lookup that waits too long', lookup({ timeoutMs: 60_000 }), 'lookups.order.timeoutMs'],
    ['a lookup with a name', { lookups: { Order: { url: 'https://orders.example/', answer: ['a'] } } }, 'lookups'],
    ['a header of ours', lookup({ headers: { Host: 'x' } }), 'lookups.order.headers.Host'],
    ['a header that is two', lookup({ headers: { 'a\r\nb': 'x' } }), 'lookups.order.headers'],
    ['a header of two lines', lookup({ headers: { a: 'x\r\nhost: y' } }), 'lookups.order.headers.a'],
    ['a value in a header', lookup({ headers: { a: '{order}' } }), 'lookups.order.headers.a'],
    ['no address', url('orders'), 'lookups.order.url'],
    ['another scheme', url('file:///etc/passwd'), 'lookups.order.url'],
    ['plain HTTP', url('http://orders.example/{order}'), 'lookups.order.url'],
    ['plain HTTP on this machine, which is not allowed', url('http://127.0.0.1/{order}'), 'lookups.order.url'],
    ['another host', url('https://elsewhere.example/{order}'), 'lookups.order.url'],
    ['a host that only begins so', url('https://orders.example.evil.example/{order}'), 'lookups.order.url'],
    ['a password', url('https://me:pw@orders.example/{order}'), 'lookups.order.url'],
    ['a value for the host', url('https://{host}/'), 'lookups.order.url'],
    ['a value behind the host', url('https://orders.example{order}'), 'lookups.order.url'],
    ['a value for the port', url('https://orders.example:{order}/'), 'lookups.order.url'],
    ['a value for a user', url('https://{order}@orders.example/'), 'lookups.order.url'],
    ['a value in the fragment', url('https://orders.example/#{order}'), 'lookups.order.url'],
    ['two values side by side', url('https://orders.example/{a}{b}'), 'lookups.order.url'],
    ['dots', url('https://orders.example/api/../{order}'), 'lookups.order.url'],
    ['a brace', url('https://orders.example/{order'), 'lookups.order.url'],
    ['a percent sign that is none', url('https://orders.example/%zz/{order}'), 'lookups.order.url'],
  ]
  for (const [what, more, place] of rows) {
    const reading = read(more)
    t.ok(placesOf(reading).includes(place), `${what}: ${placesOf(reading).join(', ')}`)
    t.notMatch(JSON.stringify(reading), /passwd|evil|elsewhere|1111/, what)
  }
})

t.test('HTTP without TLS on this machine, where the configuration says so', async (t) => {
  const plain = { ...PLACES, plainLoopback: true }
  t.strictSame(placesOf(read(url('http://127.0.0.1:8080/{order}'), 'order-lookup', plain)), ['(right)'])
  t.strictSame(placesOf(read(url('http://[::1]:8080/{order}'), 'order-lookup', plain)), ['(right)'])
  t.strictSame(placesOf(read(url('http://orders.example/{order}'), 'order-lookup', plain)), ['lookups.order.url'])
})

t.test('what is no JSON, and no manifest', async (t) => {
  t.match(readManifest('{"name": "a",\n "b": ]', 'a-b', PLACES), {
    problems: [{ file: 'add-in.json', place: 'line 2', says: /JSON/ }],
  })
  for (const text of ['', '[]', 'null', '"x"', '{}', '{"__proto__": {"name": 1}}', '7'])
    t.ok('problems' in readManifest(text, 'a-b', PLACES), text)
})
