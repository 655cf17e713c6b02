import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { readPageFiles } from '../../src/web/page-files.ts'
import { buildServer } from '../../src/web/server.ts'
import { webBench } from './web-bench.ts'

const SCRIPT = 'export const asked = "by name"\n'

function built(t: Test): string {
  const folder = t.testdir({
    assets: { 'main-abc.js': SCRIPT, 'sound.wav': 'RIFF' },
    'index.html': '<p>log in',
    desk: {},
    'add-in': { 'frame.js': SCRIPT },
  })
  mkdirSync(join(folder, 'desk'), { recursive: true })
  writeFileSync(join(folder, 'desk/index.html'), '<p>desk')
  writeFileSync(join(folder, 'assets/main-abc.js.br'), brotliCompressSync(SCRIPT))
  writeFileSync(join(folder, 'notes.txt'), 'not for everybody')
  return folder
}

t.test('pages and their files, to whoever asks, with a policy that lets nothing else run', async (t) => {
  const server = buildServer(webBench({ pages: readPageFiles(built(t)) }).options)
  const page = await server.inject({ url: '/' })
  t.equal(page.body, '<p>log in')
  t.equal(page.headers['cache-control'], 'no-cache')
  const policy = String(page.headers['content-security-policy'])
  t.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/)
  t.match(policy, /frame-src 'self'; /, 'frames of add-ins, and of nobody else')
  t.match(policy, /frame-ancestors 'none'; require-trusted-types-for 'script'/)
  t.notMatch(policy, /unsafe|\*|https?:/)
  t.equal((await server.inject({ url: '/desk/' })).body, '<p>desk')
  t.equal((await server.inject({ url: '/desk' })).headers.location, '/desk/')

  const script = await server.inject({ url: '/assets/main-abc.js' })
  t.equal(script.body, SCRIPT)
  t.match(script.headers, {
    'content-type': /^text\/javascript/,
    'cache-control': /immutable/,
    vary: 'origin, accept-encoding',
  })
  const small = await server.inject({ url: '/assets/main-abc.js', headers: { 'accept-encoding': 'gzip, br' } })
  t.equal(small.headers['content-encoding'], 'br')
  t.equal(brotliDecompressSync(small.rawPayload).toString(), SCRIPT)
  const same = await server.inject({ url: '/', headers: { 'if-none-match': String(page.headers.etag) } })
  t.equal(same.statusCode, 304)
  const named = await server.inject({ url: '/add-in/frame.js' })
  t.equal(named.body, SCRIPT)
  t.match(named.headers, { 'cross-origin-resource-policy': 'cross-origin', 'cache-control': 'no-cache' })
  t.equal((await server.inject({ url: '/assets/sound.wav' })).headers['content-type'], 'audio/wav')
})

t.test('nothing else of the folder is served, and nothing outside', async (t) => {
  const server = buildServer(webBench({ pages: readPageFiles(built(t)) }).options)
  for (const url of [
    '/assets/notes.txt',
    '/notes.txt',
    '/assets/..%2findex.html',
    '/assets/%2e%2e/%2e%2e/package.json',
  ])
    t.equal((await server.inject({ url })).statusCode, 404, url)
})

t.test('a server without built pages says how they are built, and works otherwise', async (t) => {
  const server = buildServer(webBench({ pages: readPageFiles(join(t.testdir(), 'none')) }).options)
  const page = await server.inject({ url: '/desk/' })
  t.match(page.json(), { status: 503, code: 'web.pages-not-built', detail: /npm run build:pages/ })
  t.equal((await server.inject({ url: '/health' })).statusCode, 200)
})
