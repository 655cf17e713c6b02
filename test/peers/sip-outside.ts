/** Requests outside of any dialog, by who sends them, and what is seen of the answer. */

import { Secret } from '../../src/base/secret.ts'
import { authorize, chooseChallenges } from '../../src/sip/digest-client.ts'
import type { SipResponse } from '../../src/sip/message.ts'
import type { Line } from '../../src/sip/write-message.ts'
import { type ScriptedPeer, scriptedPeer } from '../sip/scripted-peer.ts'
import { adviceIn, offerOf, type Scene, SOTTO, sipScene } from './sip-scene.ts'

/** Who sends. */
export const SENDERS = {
  trunk: 'an address of a trunk',
  phone: 'anybody else who answers the 401 with the password of a phone',
  stranger: 'anybody else',
  draining: 'a trunk, while no new calls are taken',
} as const
export type Sender = keyof typeof SENDERS

export type Outside = {
  readonly method: string
  readonly uri?: string
  readonly headers?: readonly Line[]
  readonly body?: string
  /** SDP when absent. */
  readonly contentType?: string
  /** Where its answer is written down. */
  readonly after?: string
}

const CALL = { method: 'INVITE', body: offerOf('caller') } as const
const TEXT = { method: 'MESSAGE', body: 'hello', contentType: 'text/plain' } as const
const UNUSABLE = CALL.body.replace(/^m=audio.*/m, 'm=audio 4000 RTP/AVP 96')

/** By the words that stand in the table. */
export const OUTSIDE = {
  'INVITE for a number that leads somewhere': { ...CALL, after: 'RFC 3261 section 13.3.1' },
  'INVITE without offer': { after: 'RFC 3261 section 13.3.1', method: 'INVITE' },
  'INVITE with a tel URI': { after: 'RFC 3261 section 13.3.1', ...CALL, uri: 'tel:42' },
  'INVITE for a number that leads nowhere': { after: 'RFC 3261 section 8.2.2.1', ...CALL, uri: `sip:43@${SOTTO}` },
  'INVITE with nothing usable': { after: 'RFC 3261 section 13.3.1', ...CALL, body: UNUSABLE },
  'INVITE with another scheme': { after: 'RFC 3261 section 8.2.2.1', ...CALL, uri: 'mailto:42@example.com' },
  'INVITE that may go no further': { after: 'RFC 3261 section 16.3', ...CALL, headers: [['Max-Forwards', '0']] },
  'INVITE that asks for an unknown extension': {
    after: 'RFC 3261 section 8.2.2.3',
    ...CALL,
    headers: [['Require', 'nobody-knows']],
  },
  'INVITE that takes the place of a call that there is not': {
    after: 'RFC 3891 section 3',
    ...CALL,
    headers: [['Replaces', 'nothing;to-tag=none;from-tag=none']],
  },
  'INVITE with headers in its URI': {
    after: 'RFC 3261 section 19.1.5',
    ...CALL,
    uri: `sip:42@${SOTTO}?Route=%3Csip:10.0.0.9%3E`,
  },
  REGISTER: {
    after: 'RFC 3261 section 10.3',
    method: 'REGISTER',
    uri: `sip:${SOTTO}`,
    headers: [
      ['To', `<sip:alice@${SOTTO}>`],
      ['Expires', '60'],
    ],
  },
  'REGISTER of another account': {
    after: 'RFC 3261 section 10.3',
    method: 'REGISTER',
    uri: `sip:${SOTTO}`,
    headers: [['To', `<sip:bob@${SOTTO}>`]],
  },
  OPTIONS: { after: 'RFC 3261 section 11.2', method: 'OPTIONS' },
  BYE: { after: 'RFC 3261 section 15.1.2', method: 'BYE' },
  CANCEL: { after: 'RFC 3261 section 9.2', method: 'CANCEL' },
  ACK: { after: 'RFC 3261 section 17.2', method: 'ACK' },
  UPDATE: { after: 'RFC 3311 section 5.2', method: 'UPDATE' },
  PRACK: { after: 'RFC 3262 section 3', method: 'PRACK', headers: [['RAck', '1 1 INVITE']] },
  INFO: { after: 'RFC 6086 section 4.2.2', method: 'INFO' },
  REFER: { after: 'RFC 3261 section 8.2.1', method: 'REFER', headers: [['Refer-To', '<sip:43@10.0.0.9>']] },
  SUBSCRIBE: { after: 'RFC 6665 section 4.2.1', method: 'SUBSCRIBE', headers: [['Event', 'presence']] },
  'SUBSCRIBE for the dialogs of a phone of its own account': {
    after: 'RFC 4235 section 3',
    method: 'SUBSCRIBE',
    uri: `sip:alice@${SOTTO}`,
    headers: [['Event', 'dialog']],
  },
  'SUBSCRIBE for the dialogs of anybody else': {
    after: 'RFC 4235 section 3.6',
    method: 'SUBSCRIBE',
    headers: [['Event', 'dialog']],
  },
  NOTIFY: { after: 'RFC 6665 section 4.1.3', method: 'NOTIFY', headers: [['Event', 'dialog']] },
  PUBLISH: { after: 'RFC 6665 section 4.2.1', method: 'PUBLISH', headers: [['Event', 'presence']] },
  MESSAGE: { after: 'RFC 3428 section 7', ...TEXT },
  'MESSAGE for a number that leads nowhere': { after: 'RFC 3261 section 8.2.2.1', ...TEXT, uri: `sip:43@${SOTTO}` },
  'MESSAGE that may go no further': { after: 'RFC 3261 section 16.3', ...TEXT, headers: [['Max-Forwards', '0']] },
  'MESSAGE that is no plain text': {
    after: 'RFC 3261 section 8.2.3',
    ...TEXT,
    body: '<b>hello</b>',
    contentType: 'text/html',
  },
  'MESSAGE in another charset': {
    after: 'RFC 3428 section 4',
    ...TEXT,
    contentType: 'text/plain;charset=utf-16',
  },
  'MESSAGE that is too long': { after: 'RFC 3428 section 8', ...TEXT, body: 'long '.repeat(240) },
  'a method that nobody knows': { after: 'RFC 3261 section 21.5.2', method: 'MAKETEA' },
} as const satisfies Readonly<Record<string, Outside & { readonly after: string }>>
export type OutsideName = keyof typeof OUTSIDE

/** Sends one. @returns the scene, and what was seen: the last answer, and whether somebody was called. */
export async function observeOutside(sender: Sender, name: OutsideName): Promise<readonly [Scene, string]> {
  const scene = await sipScene()
  if (sender === 'draining') scene.sip.drain(30)
  return [scene, await askOutside(scene, sender, OUTSIDE[name])]
}

/** Sends any request. @param account that a phone proves. @returns what was seen. */
export async function askOutside(scene: Scene, sender: Sender, request: Outside, account = 'alice'): Promise<string> {
  const isKnown = sender === 'trunk' || sender === 'draining'
  const host = isKnown ? '10.0.0.1' : '10.0.0.9'
  const peer = isKnown ? scene.peers.caller : await scriptedPeer(scene.net, host, SOTTO)
  scene.peers.agent.onRequest = (onward) => {
    if (onward.method === 'MESSAGE') scene.peers.agent.respond(onward, 200, 'agent')
  }
  send(peer, host, request, 1, [])
  await scene.run()
  const asked = peer.responses.findLast(({ status }) => status === 401)
  if (sender === 'phone' && asked !== undefined) {
    peer.responses.length = 0
    send(peer, host, request, 2, [['Authorization', credentials(asked, request, account)]])
    await scene.run()
  }
  const final = peer.responses.findLast(({ status }) => status > 100)
  const words = final === undefined ? [] : [wordsOf(final)]
  if (scene.peers.agent.count('INVITE') > 0) words.push('the agent is called')
  if (scene.peers.agent.count('MESSAGE') > 0) words.push('the agent gets it')
  return words.length === 0 ? 'nothing' : words.join(', ')
}

function send(peer: ScriptedPeer, host: string, request: Outside, cseq: number, more: readonly Line[]): void {
  const given = new Set(request.headers?.map(([header]) => header))
  const usual: readonly Line[] = [
    ['Max-Forwards', '70'],
    ['From', `<sip:alice@${SOTTO}>;tag=outside`],
    ['To', `<sip:42@${SOTTO}>`],
    ['Call-ID', `outside${cseq}@${host}`],
    ['CSeq', `${cseq} ${request.method}`],
    ['Contact', `<sip:alice@${host}>`],
  ]
  const { body = '', contentType = 'application/sdp' } = request
  peer.send(
    `${request.method} ${uriOf(request)}`,
    [
      ['Via', `SIP/2.0/UDP ${host};branch=z9hG4bKoutside${cseq}`],
      ...usual.filter(([header]) => !given.has(header)),
      ...(request.headers ?? []),
      ...(body === '' ? [] : [['Content-Type', contentType] as Line]),
      ...more,
    ],
    body,
  )
}

function uriOf({ uri = `sip:42@${SOTTO}` }: Outside): string {
  return uri
}

function credentials(asked: SipResponse, request: Outside, user: string): string {
  const values = asked.values.filter((_, at) => asked.names[at] === 'www-authenticate')
  const [challenge] = chooseChallenges(values)
  if (challenge === undefined) throw new Error('a 401 without a challenge')
  const account = { user, password: new Secret('a-password-of-tests') }
  return authorize(challenge, account, { method: request.method, uri: uriOf(request) }, 'c0ffee').value
}

function wordsOf(response: SipResponse): string {
  return `${response.status}${adviceIn(response)}`
}
