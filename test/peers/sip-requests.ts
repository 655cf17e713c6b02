/** Every request that a far end can send inside a dialog, and what is seen of the answer. */

import { type More, offerOf, type Scene, type Side } from './sip-scene.ts'

type Request = {
  readonly method: string
  readonly more?: (side: Side) => More
  /** Something in order goes before it. */
  readonly first?: 'OPTIONS'
  /** Where its answer is written down. */
  readonly after: string
}

const sdp = (changes: (side: Side) => Parameters<typeof offerOf>[1]) => (side: Side) => ({
  body: offerOf(side, { version: 3, ...changes(side) }),
})

/** By the words that stand in the table. */
export const REQUESTS = {
  're-INVITE that changes nothing': {
    after: 'RFC 3261 section 14.2, RFC 5407 section 3.1',
    method: 'INVITE',
    more: sdp(() => ({ version: 1 })),
  },
  're-INVITE that holds': {
    after: 'RFC 3261 section 14.2, RFC 5407 section 3.1',
    method: 'INVITE',
    more: sdp(() => ({ direction: 'sendonly' })),
  },
  're-INVITE with another codec': {
    after: 'RFC 3261 section 14.2, RFC 5407 section 3.1',
    method: 'INVITE',
    more: sdp(() => ({ codecs: ['PCMU'] })),
  },
  're-INVITE with another address': {
    after: 'RFC 3261 section 14.2, RFC 5407 section 3.1',
    method: 'INVITE',
    more: sdp(() => ({ address: '192.0.2.99' })),
  },
  're-INVITE without offer': { after: 'RFC 3261 section 14.2, RFC 5407 section 3.1', method: 'INVITE' },
  're-INVITE with nothing usable': {
    after: 'RFC 3261 section 14.2, RFC 6141',
    method: 'INVITE',
    more: (side) => ({ body: offerOf(side).replace(/^m=audio.*/m, 'm=audio 4000 RTP/AVP 96') }),
  },
  're-INVITE that asks for an unknown extension': {
    after: 'RFC 3261 section 8.2.2.3',
    method: 'INVITE',
    more: (side) => ({ body: offerOf(side), headers: [['Require', 'nobody-knows']] }),
  },
  're-INVITE with an interval too short': {
    after: 'RFC 4028 section 6',
    method: 'INVITE',
    more: (side) => ({
      body: offerOf(side),
      headers: [
        ['Supported', 'timer'],
        ['Session-Expires', '30'],
      ],
    }),
  },
  'UPDATE without offer': { after: 'RFC 3311 section 5.2', method: 'UPDATE' },
  'UPDATE that holds': {
    after: 'RFC 3311 section 5.2',
    method: 'UPDATE',
    more: sdp(() => ({ direction: 'sendonly' })),
  },
  'UPDATE with nothing usable': {
    after: 'RFC 3311 section 5.2',
    method: 'UPDATE',
    more: (side) => ({ body: offerOf(side).replace(/^m=audio.*/m, 'm=audio 4000 RTP/AVP 96') }),
  },
  'PRACK of nothing': {
    after: 'RFC 3262 section 3',
    method: 'PRACK',
    more: () => ({ headers: [['RAck', '1 1 INVITE']] }),
  },
  'INFO without body': { after: 'RFC 6086 section 4.2.2', method: 'INFO' },
  'INFO of another type': {
    after: 'RFC 6086 section 4.2.2',
    method: 'INFO',
    more: () => ({ body: '<x/>', contentType: 'application/media_control+xml' }),
  },
  OPTIONS: { after: 'RFC 3261 section 11.2', method: 'OPTIONS' },
  'any request out of order': {
    after: 'RFC 3261 section 12.2.2',
    method: 'OPTIONS',
    more: () => ({ cseq: 1 }),
    first: 'OPTIONS',
  },
  BYE: { after: 'RFC 3261 section 15.1.2', method: 'BYE' },
  CANCEL: {
    after: 'RFC 3261 section 9.2',
    method: 'CANCEL',
    more: (side) => (side === 'caller' ? { branch: 'invite', cseq: 1, toTag: '' } : { branch: 'nothing' }),
  },
  'ACK of nothing': { after: 'RFC 3261 section 17.2', method: 'ACK' },
  REFER: {
    after: 'RFC 3261 section 8.2.1',
    method: 'REFER',
    more: () => ({ headers: [['Refer-To', '<sip:43@10.0.0.9>']] }),
  },
  SUBSCRIBE: { after: 'RFC 6665 section 4.2.1', method: 'SUBSCRIBE', more: () => ({ headers: [['Event', 'dialog']] }) },
  'SUBSCRIBE for the news of a REFER that there was not': {
    after: 'RFC 6665 section 4.2.1',
    method: 'SUBSCRIBE',
    more: () => ({ headers: [['Event', 'refer']] }),
  },
  NOTIFY: { after: 'RFC 6665 section 4.1.3', method: 'NOTIFY', more: () => ({ headers: [['Event', 'dialog']] }) },
  MESSAGE: {
    after: 'RFC 3428 section 7',
    method: 'MESSAGE',
    more: () => ({ body: 'hello', contentType: 'text/plain' }),
  },
  'MESSAGE that is no plain text': {
    after: 'RFC 3261 section 8.2.3',
    method: 'MESSAGE',
    more: () => ({ body: '<b>hello</b>', contentType: 'text/html' }),
  },
  'a method that nobody knows': { after: 'RFC 3261 section 21.5.2', method: 'MAKETEA' },
} as const satisfies Readonly<Record<string, Request>>

export type RequestName = keyof typeof REQUESTS

/** Sends one to a scene. @returns what was seen: the answers, what else was sent on which leg, and the call when its state changed. */
export async function observe(scene: Scene, side: Side, name: RequestName): Promise<string> {
  const { method, more, first }: Request = REQUESTS[name]
  if (first !== undefined) {
    scene.ask(side, first)
    await scene.run()
  }
  // Whoever is written to takes it.
  const other = side === 'caller' ? 'agent' : 'caller'
  scene.peers[other].onRequest = (request) => {
    if (request.method === 'MESSAGE') scene.respond(other, request, 200)
  }
  const before = scene.state()
  scene.news()
  scene.ask(side, method, more?.(side) ?? {})
  await scene.run(100)
  const news = scene.news().toSorted((a, b) => Number(b.startsWith(side)) - Number(a.startsWith(side)))
  const words = news.map((each) => {
    const [leg, , what = '', ...rest] = each.split(' ')
    const about = /^\d/.test(what) && rest[0] === method ? rest.slice(1) : rest
    return [...(leg === side ? [] : ['other leg:']), what, ...about].join(' ')
  })
  const after = scene.state()
  if (after !== before) words.push(after === 'over' ? 'the call is over' : `the call is ${after}`)
  return words.length === 0 ? 'nothing' : words.join(', ')
}
