import t from 'tap'
import { findBody, REPLY_MAX } from '../../src/vault/http-reply.ts'

function find(text: string, ended = false): string {
  const octets = Buffer.from(text, 'latin1')
  const found = findBody(octets, octets.length, ended)
  return found.at === 'whole' ? `whole: ${octets.toString('latin1', found.from, found.to)}` : found.at
}

const rows: readonly [what: string, text: string, ended: boolean, found: string][] = [
  ['a body by length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', false, 'whole: hello'],
  ['what follows it is not read', 'HTTP/1.1 200 OK\r\ncontent-LENGTH:5\r\n\r\nhello!', false, 'whole: hello'],
  ['no reason', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', false, 'whole: '],
  ['a body to the end of the connection', 'HTTP/1.1 200 OK\r\n\r\nhello', true, 'whole: hello'],
  ['which has not come', 'HTTP/1.1 200 OK\r\n\r\nhello', false, 'more'],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nServer: x\r\n\r\nhello', true, 'whole: hello'],
  [
    'chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n',
    false,
    'whole: hello',
  ],
  [
    'chunks with trailers',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n',
    false,
    'whole: hello',
  ],
  ['a chunk that has not come whole', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel', false, 'more'],
  ['and never will', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel', true, 'bad'],
  ['no last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', true, 'bad'],
  ['a chunk of no size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\nhello', false, 'bad'],
  ['a chunk of an odd size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5x\r\nhello\r\n', false, 'bad'],
  ['a chunk of a huge size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n', false, 'bad'],
  ['a chunk that does not end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n', false, 'bad'],
  [
    'an interim reply before it',
    'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    false,
    'whole: ok',
  ],
  ['an interim reply alone', 'HTTP/1.1 100 Continue\r\n\r\n', false, 'more'],
  ['switching protocols', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', false, 'bad'],
  ['created', 'HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok', false, 'refused'],
  ['no content', 'HTTP/1.1 204 No Content\r\n\r\n', false, 'refused'],
  ['a redirect', 'HTTP/1.1 307 Temporary Redirect\r\nLocation: https://x/\r\n\r\n', false, 'refused'],
  ['not found', 'HTTP/1.1 404 Not Found\r\n\r\n', false, 'refused'],
  ['an error', 'HTTP/1.1 500 Oops\r\n\r\n', false, 'refused'],
  ['half a head', 'HTTP/1.1 200 OK\r\nContent-Le', false, 'more'],
  ['half a head, and no more', 'HTTP/1.1 200 OK\r\nContent-Le', true, 'bad'],
  ['nothing, and no more', '', true, 'bad'],
  ['less than the length', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello', true, 'bad'],
  ['a length that is too large', `HTTP/1.1 200 OK\r\nContent-Length: ${REPLY_MAX + 1}\r\n\r\n`, false, 'bad'],
  ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', false, 'bad'],
  ['an empty length', 'HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n', false, 'bad'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello', false, 'bad'],
  [
    'the same length twice',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello',
    false,
    'whole: hello',
  ],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    false,
    'bad',
  ],
  ['a compressed body', 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx', false, 'bad'],
  ['a body as it is', 'HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 1\r\n\r\nx', false, 'whole: x'],
  ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', false, 'bad'],
  ['another protocol', 'SIP/2.0 200 OK\r\n\r\n', false, 'bad'],
  ['HTTP/2 in words', 'HTTP/2.0 200 OK\r\n\r\n', false, 'bad'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', false, 'bad'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', false, 'bad'],
  ['a header without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n', false, 'bad'],
  ['a folded header', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n', false, 'bad'],
  ['a blank before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello', false, 'bad'],
]
for (const [what, text, ended, found] of rows)
  t.test(`${what}: ${found}`, async (t) => t.equal(find(text, ended), found))

t.test('a head without end is given up', async (t) =>
  t.equal(find(`HTTP/1.1 200 OK\r\nA: ${'x'.repeat(17_000)}`), 'bad'),
)

t.test('a reply that comes octet by octet is found once, at its end', async (t) => {
  const text = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n'
  for (let length = 0; length < text.length; length++) t.equal(find(text.slice(0, length)), 'more')
  t.equal(find(text), 'whole: hello')
})
