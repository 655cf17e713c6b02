/** Somebody who registers octet by octet, from whatever address, with right and wrong passwords. */

import { Secret } from '../../src/base/secret.ts'
import { authorize, chooseChallenges } from '../../src/sip/digest-client.ts'
import { parseMessage } from '../../src/sip/parse-message.ts'
import type { SipPeer } from '../../src/sip/session.ts'
import type { MemoryNet } from './memory-wire.ts'

/** An address is one over UDP. */
type From = string | SipPeer

/** @param uri of the REGISTER. @returns the line that answers a challenge. */
export function answerTo(challenged: string, user: string, password: string, uri: string): string {
  const parsed = parseMessage(Buffer.from(challenged, 'latin1'))
  const values = parsed.kind === 'message' ? parsed.message.values : []
  const [challenge] = chooseChallenges(values.filter((value) => value.startsWith('Digest')))
  if (challenge === undefined) throw new Error(`no challenge: ${challenged}`)
  const { value } = authorize(challenge, { user, password: new Secret(password) }, { method: 'REGISTER', uri }, 'c')
  return `Authorization: ${value}\r\n`
}

/** @param server its address. */
export function registrant(net: MemoryNet, server: string) {
  let count = 0
  /** Sends a REGISTER. @param below Via lines of who stands behind the sender. @returns the answer, empty when there is none. */
  const ask = (from: From, user: string, authorization = '', below: readonly string[] = []): string => {
    count += 1
    net.log.length = 0
    const vias = [`SIP/2.0/UDP 10.9.9.9;branch=z9hG4bK${count}`, ...below].map((via) => `Via: ${via}\r\n`).join('')
    const text = `REGISTER sip:${server} SIP/2.0\r\n${vias}Max-Forwards: 70\r\nFrom: <sip:${user}@${server}>;tag=${count}\r\nTo: <sip:${user}@${server}>\r\nCall-ID: ${count}\r\nCSeq: 1 REGISTER\r\nContact: <sip:a@10.9.9.9>\r\n${authorization}Content-Length: 0\r\n\r\n`
    const peer = typeof from === 'string' ? ({ transport: 'udp', address: from, port: 5060 } as const) : from
    net.inject(Buffer.from(text), peer, server)
    return net.log[0]?.text ?? ''
  }
  const proofOf = (challenged: string, user: string, password: string) =>
    answerTo(challenged, user, password, `sip:${server}`)
  /** Asks, and answers the challenge. @returns the status. */
  const guess = (from: From, user: string, password: string, below: readonly string[] = []): string =>
    ask(from, user, proofOf(ask(from, user, '', below), user, password), below).slice(8, 11)
  return { ask, proofOf, guess }
}
