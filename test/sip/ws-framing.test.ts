/**
 * The framing of WebSocket (RFC 6455 sections 5 to 8) against our SIP listener, by a client that writes every frame itself: what is allowed is read
 * however it is cut, and what is not ends the connection with the code for it.
 */

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { UPGRADE } from '../peers/ws-upgrade.ts'
import { realEndpoint, until } from './real-endpoint.ts'

const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

type Frame = {
  readonly opcode?: number
  readonly isLast?: boolean
  /** RSV1 to RSV3 as the bits they are. */
  readonly reserved?: number
  readonly isMasked?: boolean
  readonly payload?: Buffer | string
}

/** A frame as a client writes it (section 5.2), with a mask of its own. */
function frame({ opcode = 1, isLast = true, reserved = 0, isMasked = true, payload = '' }: Frame): Buffer {
  const body = Buffer.from(payload)
  const length =
    body.length < 126
      ? Buffer.from([body.length])
      : body.length < 65_536
        ? Buffer.from([126, body.length >> 8, body.length & 255])
        : Buffer.from([
            127,
            0,
            0,
            0,
            0,
            body.length >>> 24,
            (body.length >> 16) & 255,
            (body.length >> 8) & 255,
            body.length & 255,
          ])
  if (isMasked) length[0] = (length[0] ?? 0) | 0x80
  const mask = isMasked ? randomBytes(4) : Buffer.alloc(0)
  const masked = isMasked ? body.map((octet, at) => octet ^ (mask[at & 3] ?? 0)) : body
  return Buffer.concat([Buffer.from([(isLast ? 0x80 : 0) | reserved | opcode]), length, mask, masked])
}

/** Frames of a server: no mask. */
function framesIn(octets: Buffer): { readonly opcode: number; readonly payload: Buffer }[] {
  const found: { readonly opcode: number; readonly payload: Buffer }[] = []
  for (let at = 0; at + 2 <= octets.length; ) {
    const short = (octets[at + 1] ?? 0) & 0x7f
    const extra = short < 126 ? 0 : short === 126 ? 2 : 8
    const length =
      extra === 0 ? short : extra === 2 ? octets.readUInt16BE(at + 2) : Number(octets.readBigUInt64BE(at + 2))
    const begin = at + 2 + extra
    if (begin + length > octets.length) break
    found.push({ opcode: (octets[at] ?? 0) & 15, payload: octets.subarray(begin, begin + length) })
    at = begin + length
  }
  return found
}

type Client = {
  readonly socket: Socket
  readonly frames: () => ReturnType<typeof framesIn>
  readonly texts: () => readonly string[]
  readonly isClosed: () => boolean
  /** The code of the server's close frame. */
  readonly code: () => number | undefined
}

async function open(t: Test, port: number): Promise<Client> {
  const socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  await once(socket, 'connect')
  let got = Buffer.alloc(0)
  let isClosed = false
  socket.on('error', () => {}).on('close', () => (isClosed = true))
  socket.on('data', (chunk: Buffer) => (got = Buffer.concat([got, chunk])))
  t.teardown(() => socket.destroy())
  socket.write(`${UPGRADE.join('\r\n')}\r\n\r\n`)
  const headEnd = () => got.indexOf('\r\n\r\n')
  await until(() => headEnd() > 0)
  const frames = () => framesIn(got.subarray(headEnd() + 4))
  return {
    socket,
    frames,
    texts: () => frames().flatMap(({ opcode, payload }) => (opcode === OPCODE.text ? [payload.toString()] : [])),
    isClosed: () => isClosed,
    code: () => {
      const close = frames().find(({ opcode }) => opcode === OPCODE.close)
      return close === undefined || close.payload.length < 2 ? undefined : close.payload.readUInt16BE(0)
    },
  }
}

async function listener(t: Test) {
  const server = await realEndpoint(() => {}, {
    listeners: [{ transport: 'ws', address: '127.0.0.1', port: 0 }],
    flood: { perAddress: 1e6, burst: 1e6, total: 1e6 },
  })
  t.teardown(() => server.sip.close())
  return server
}

/** With characters of two, three and four octets, so that there is a place between any two octets to cut at. */
const optionsOf = (callId: string) =>
  [
    'OPTIONS sip:a@127.0.0.1 SIP/2.0',
    'Via: SIP/2.0/WS 3f2a.invalid;branch=z9hG4bKx',
    'From: "Zoë 電話 📞" <sip:a@b>;tag=1',
    'To: <sip:c@d>',
    `Call-ID: ${callId}`,
    'CSeq: 1 OPTIONS',
    '',
    '',
  ].join('\r\n')

t.test('text that is cut at every octet, characters and all, is whole again', async (t) => {
  const server = await listener(t)
  const client = await open(t, server.port)
  const length = Buffer.byteLength(optionsOf('000'))
  for (let cut = 0; cut <= length; cut++) {
    const octets = Buffer.from(optionsOf(String(cut).padStart(3, '0')))
    const [first, last] = [octets.subarray(0, cut), octets.subarray(cut)]
    client.socket.write(frame({ payload: first, isLast: false }))
    client.socket.write(frame({ opcode: OPCODE.continuation, payload: last }))
  }
  t.ok(await until(() => client.texts().length === length + 1))
  for (const [cut, text] of client.texts().entries()) {
    if (!text.startsWith('SIP/2.0 200 ') || !text.includes(`Call-ID: ${String(cut).padStart(3, '0')}\r\n`))
      t.fail(`cut at ${cut}: ${text}`)
    if (!text.includes('From: "Zoë 電話 📞" <sip:a@b>;tag=1\r\n')) t.fail(`cut at ${cut}: ${text}`)
  }
})

t.test('a frame for each octet, with a ping between any two, and octets that come one by one', async (t) => {
  const server = await listener(t)
  const client = await open(t, server.port)
  const octets = [...Buffer.from(optionsOf('pieces'))]
  const pongsOf = () => client.frames().filter(({ opcode }) => opcode === OPCODE.pong)
  for (const [at, octet] of octets.entries()) {
    const piece = Buffer.concat([
      frame({
        opcode: at === 0 ? OPCODE.text : OPCODE.continuation,
        isLast: at === octets.length - 1,
        payload: Buffer.of(octet),
      }),
      frame({ opcode: OPCODE.ping, payload: `ping ${at}` }),
      frame({ opcode: OPCODE.pong, payload: 'unasked' }),
    ])
    for (const each of piece) client.socket.write(Buffer.of(each))
    // One after the other: who sends dozens of pings and waits for none is cut off.
    if (!(await until(() => pongsOf().length === at + 1))) t.fail(`ping ${at} was not answered`)
  }
  t.ok(await until(() => client.texts().length === 1))
  t.match(client.texts()[0], /^SIP\/2\.0 200 /)
  t.strictSame(
    pongsOf().map(({ payload }) => payload.toString()),
    octets.map((_, at) => `ping ${at}`),
    'each is answered, in order, with what it said',
  )
  t.notOk(client.isClosed())
})

t.test('a ping is answered whatever it says, up to the longest that there is', async (t) => {
  const server = await listener(t)
  const client = await open(t, server.port)
  const sizes = [0, 1, 2, 124, 125]
  for (const size of sizes) client.socket.write(frame({ opcode: OPCODE.ping, payload: Buffer.alloc(size, 0xfe) }))
  t.ok(await until(() => client.frames().length === sizes.length))
  t.strictSame(
    client.frames().map(({ opcode, payload }) => [opcode, payload.length]),
    sizes.map((size) => [OPCODE.pong, size]),
  )
})

const TEXT = optionsOf('never')
const pieces = (count: number) =>
  Buffer.concat(
    Array.from({ length: count }, (_, at) =>
      frame({ opcode: at === 0 ? OPCODE.text : OPCODE.continuation, isLast: false, payload: 'x' }),
    ),
  )
const closeWith = (payload: Buffer | string) => frame({ opcode: OPCODE.close, payload })
const codeOf = (code: number, reason = '') => Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)])

/** What a client may not do, and the code that it hears. */
const WRONG: Readonly<Record<string, readonly [octets: Buffer, code: number]>> = {
  'no mask': [frame({ payload: TEXT, isMasked: false }), 1002],
  'no mask on a ping': [frame({ opcode: OPCODE.ping, isMasked: false }), 1002],
  RSV1: [frame({ payload: TEXT, reserved: 0x40 }), 1002],
  RSV2: [frame({ payload: TEXT, reserved: 0x20 }), 1002],
  RSV3: [frame({ payload: TEXT, reserved: 0x10 }), 1002],
  'RSV1 on a continuation': [Buffer.concat([pieces(1), frame({ opcode: 0, reserved: 0x40, payload: 'x' })]), 1002],
  'RSV1 on a ping': [frame({ opcode: OPCODE.ping, reserved: 0x40 }), 1002],
  ...Object.fromEntries(
    [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [`opcode ${opcode}`, [frame({ opcode }), 1002] as const]),
  ),
  'a ping in pieces': [frame({ opcode: OPCODE.ping, isLast: false }), 1002],
  'a close in pieces': [frame({ opcode: OPCODE.close, isLast: false }), 1002],
  'a ping of 126 octets': [frame({ opcode: OPCODE.ping, payload: Buffer.alloc(126) }), 1002],
  'a continuation of nothing': [frame({ opcode: OPCODE.continuation, payload: TEXT }), 1002],
  'a continuation after the end': [
    Buffer.concat([frame({ opcode: OPCODE.pong }), frame({ payload: '' }), frame({ opcode: 0, payload: TEXT })]),
    1002,
  ],
  'a new text within another': [Buffer.concat([pieces(2), frame({ payload: TEXT })]), 1002],
  'a new binary within a text': [Buffer.concat([pieces(2), frame({ opcode: OPCODE.binary, payload: TEXT })]), 1002],
  'text that is not UTF-8': [frame({ payload: Buffer.from([0x63, 0xc3, 0x28]) }), 1007],
  'UTF-8 that is too long for its character': [frame({ payload: Buffer.from([0xc0, 0xaf]) }), 1007],
  'a surrogate': [frame({ payload: Buffer.from([0xed, 0xa0, 0x80]) }), 1007],
  'a character above all': [frame({ payload: Buffer.from([0xf4, 0x90, 0x80, 0x80]) }), 1007],
  'a character that ends with its message': [
    Buffer.concat([
      frame({ payload: Buffer.from([0xe2, 0x82]), isLast: false }),
      frame({ opcode: OPCODE.continuation, payload: '' }),
    ]),
    1007,
  ],
  'a message of 300 pieces': [pieces(300), 1008],
  'a message that is too large': [frame({ payload: Buffer.alloc(200_000, 0x78) }), 1009],
  'a close of one octet': [closeWith('x'), 1002],
  ...Object.fromEntries(
    [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535].map((code) => [
      `close code ${code}`,
      [closeWith(codeOf(code)), 1002] as const,
    ]),
  ),
  'a close whose reason is not UTF-8': [
    closeWith(Buffer.concat([codeOf(1000), Buffer.from([0xce, 0xba, 0xe1, 0xbd, 0xb9, 0xcf, 0x83, 0xce])])),
    1007,
  ],
}

t.test('what a client may not do ends its connection with the code for it, and nothing of it is read', async (t) => {
  const server = await listener(t)
  for (const [what, [octets, code]] of Object.entries(WRONG)) {
    const client = await open(t, server.port)
    client.socket.write(octets)
    t.ok(await until(() => client.code() !== undefined), `${what}: the server closes`)
    t.equal(client.code(), code, what)
    client.socket.write(frame({ payload: TEXT }))
    t.strictSame(client.texts(), [], `${what}: nothing is answered`)
    client.socket.destroy()
  }
  const stranger = await open(t, server.port)
  stranger.socket.write(frame({ payload: TEXT }))
  t.ok(await until(() => stranger.texts().length === 1), 'others are served as ever')
})

t.test('a close is answered with a close, and what comes behind it is not read', async (t) => {
  const server = await listener(t)
  for (const [payload, code] of [
    [Buffer.alloc(0), undefined],
    [codeOf(1000, 'bye'), 1000],
    [codeOf(1001), 1001],
    [codeOf(1014), 1014],
    [codeOf(3000), 3000],
    [codeOf(4999, 'κόσμε'), 4999],
  ] as const) {
    const client = await open(t, server.port)
    client.socket.write(Buffer.concat([frame({ opcode: OPCODE.close, payload }), frame({ payload: TEXT })]))
    t.ok(await until(client.isClosed), 'and the connection ends')
    const [first, ...others] = client.frames()
    t.equal(first?.opcode, OPCODE.close)
    t.equal(client.code(), code)
    t.strictSame(others, [])
  }
})
