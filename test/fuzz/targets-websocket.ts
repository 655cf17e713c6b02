/**
 * The fuzzed reader of WebSocket frames (RFC 6455 section 5): our cutter in front of the protocol's own reader, as every connection has it. Whatever
 * comes, and however it is split, the reader behind the cutter says what it says without it.
 */

import type { Writable } from 'node:stream'
import * as ws from 'ws'
import { createFrameCutter } from '../../src/sip/ws-frames.ts'
import { holds, type Target } from './target.ts'

/** Exported, but in no declaration. */
const { Receiver } = ws as unknown as { readonly Receiver: new (options: object) => Writable }
const MAX_BYTES = 100_000
const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d])
const [TEXT, BINARY, CLOSE, PING, PONG] = [1, 2, 8, 9, 10]

/** A frame as a client has to write it: masked. */
function frame(payload: Buffer, opcode = TEXT, isLast = true): Buffer {
  const { length } = payload
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = (isLast ? 0x80 : 0) | opcode
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, MASK, payload.map((octet, at) => octet ^ (MASK[at & 3] ?? 0))])
}

const SIP = Buffer.from(
  'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n',
)
const empty = Buffer.alloc(0)
const close = (code: number, why = '') => {
  const body = Buffer.alloc(2 + why.length)
  body.writeUInt16BE(code)
  body.write(why, 2)
  return frame(body, CLOSE)
}

type Heard = { readonly words: string[]; end: string | undefined }

/** A reader as `ws-transport.ts` sets it up. */
function reader(heard: Heard, taken: (message: Buffer) => void) {
  const receiver = new Receiver({ isServer: true, maxPayload: MAX_BYTES, maxFragments: 256 })
  receiver.on('message', (message: Buffer, isBinary: boolean) => {
    heard.words.push(`${isBinary ? 'binary' : 'text'} ${message.toString('latin1')}`)
    taken(message)
  })
  for (const what of ['ping', 'pong'] as const)
    receiver.on(what, (payload: Buffer) => heard.words.push(`${what} ${payload.toString('latin1')}`))
  receiver.on('conclude', (code: number) => {
    heard.end ??= `closed with ${code}`
  })
  return (octets: Buffer) => {
    if (heard.end !== undefined) return
    // As a stream calls it, which would tell of an error a turn later.
    receiver._write(octets, 'latin1', (error) => {
      if (error) heard.end ??= `refused with ${error.message}`
    })
  }
}

export const webSocketTarget: Target = {
  name: 'websocket',
  cuts: 400,
  seeds: [
    [frame(SIP), frame(Buffer.from('\r\n\r\n')), frame(SIP, BINARY), close(1000, 'done')],
    [
      frame(SIP.subarray(0, 20), TEXT, false),
      frame(Buffer.from('are you there'), PING),
      frame(SIP.subarray(20, 50), 0, false),
      frame(empty, PONG),
      frame(SIP.subarray(50), 0),
    ],
    [frame(empty), frame(Buffer.alloc(125, 'a')), frame(Buffer.alloc(126, 'b')), frame(Buffer.alloc(65_535, 'c'))],
    [frame(Buffer.alloc(65_536, 'd'), BINARY), frame(Buffer.from('ä€😀'))],
  ].map((frames) => Buffer.concat(frames)),
  check: (octets) => {
    const plain: Heard = { words: [], end: undefined }
    reader(plain, () => {})(Buffer.from(octets))
    const cut: Heard = { words: [], end: undefined }
    const cutter = createFrameCutter(MAX_BYTES)
    const read = reader(cut, (message) => cutter.taken(message))
    // Small pieces where heads are, then larger ones.
    for (
      let at = 0, size = 1;
      at < octets.length && cut.end === undefined;
      at += size, size = at < 300 ? 1 + (at % 5) : 4096
    )
      for (const each of cutter.push(Buffer.from(octets.subarray(at, at + size)))) read(each)
    cutter.close()
    const isRest = cut.end === undefined && plain.end !== undefined
    // A bad frame that is not all there is refused when it is.
    holds(isRest || cut.end === plain.end, `it ends as ${plain.end}, and not as ${cut.end}`)
    holds(JSON.stringify(cut.words) === JSON.stringify(plain.words), 'the same is heard')
  },
}
