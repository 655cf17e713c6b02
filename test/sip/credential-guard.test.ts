/** A far end that asks for our password: who gets a proof of it, and who does not. */

import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { headerOf } from '../../src/sip/message.ts'
import type { InviteTarget } from '../../src/sip/session.ts'
import { endpoint, notes } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'
import { scriptedPeer } from './scripted-peer.ts'

type Credentials = Partial<NonNullable<InviteTarget['credentials']>>

const challenge = (realm: string) => [['WWW-Authenticate', `Digest realm="${realm}", nonce="n", qop="auth"`]] as const

/** Calls a trunk that asks for a password in `first`, answers from `contact`, and is hung up on. @returns what was proved. */
async function run(realms: { first?: string; bye: string }, contact: string, credentials: Credentials = {}) {
  const net = memoryNet()
  const told = notes()
  const ours = await endpoint(net, '10.0.0.1')
  const trunk = await scriptedPeer(net, '10.0.0.3', '10.0.0.1')
  const other = await scriptedPeer(net, '10.0.0.9', '10.0.0.1')
  for (const peer of [trunk, other]) {
    peer.onRequest = (request) => {
      if (request.method === 'ACK') return
      const isProved = headerOf(request, 'authorization') !== undefined
      const realm = request.method === 'INVITE' ? realms.first : realms.bye
      if (!isProved && realm !== undefined) return peer.respond(request, 401, 'them', challenge(realm))
      const body = request.method === 'INVITE' ? 'answer' : ''
      peer.respond(request, 200, 'them', [['Contact', `<sip:42@${contact}>`]], body)
    }
  }
  const session = ours.sip.invite({
    target: { uri: 'sip:42@10.0.0.3', credentials: { user: 'us', password: new Secret('p'), ...credentials } },
    from: { displayName: '', uri: 'sip:us@10.0.0.1', user: 'us' },
    body: 'offer',
    events: told,
  })
  await net.run(300)
  session.end()
  await net.run(70_000, 500)
  const proved = (method: string) =>
    [...trunk.requests, ...other.requests].filter(
      (each) => each.method === method && headerOf(each, 'authorization') !== undefined,
    ).length
  const { dialogs, sessions } = ours.sip.stats()
  return { told: told.told, invite: proved('INVITE'), bye: proved('BYE'), left: (dialogs ?? 0) + (sessions ?? 0) }
}

const rows: readonly (readonly [says: string, ...Parameters<typeof run>, invite: number, bye: number])[] = [
  ['the trunk that was called, in one realm', { first: 'a', bye: 'a' }, '10.0.0.3', {}, 1, 1],
  ['the trunk that was called, which asks for the BYE alone', { bye: 'a' }, '10.0.0.3', {}, 0, 1],
  ['the same trunk in another realm', { first: 'a', bye: 'b' }, '10.0.0.3', {}, 1, 0],
  ['somebody else whom the Contact names', { first: 'a', bye: 'a' }, '10.0.0.9', {}, 1, 0],
  ['somebody else, who asks for the first time', { bye: 'a' }, '10.0.0.9', {}, 0, 0],
  ['another address of the same trunk', { first: 'a', bye: 'a' }, '10.0.0.9', { peers: ['10.0.0.9'] }, 1, 1],
  ['the realm that is configured', { first: 'a', bye: 'a' }, '10.0.0.3', { realm: 'a' }, 1, 1],
  ['a realm that is not configured', { first: 'a', bye: 'a' }, '10.0.0.3', { realm: 'b' }, 0, 0],
]
for (const [says, realms, contact, credentials, invite, bye] of rows) {
  t.test(`${says}: ${invite} proofs for INVITE, ${bye} for BYE`, async (t) => {
    const seen = await run(realms, contact, credentials)
    t.match(seen, { invite, bye, left: 0 })
    t.equal(seen.told[0], credentials?.realm === 'b' ? 'refused 401' : 'answered answer')
  })
}
