/** An endpoint of ours that calls a scripted peer, over a network in memory. */

import { endpoint, notes } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'
import { scriptedPeer } from './scripted-peer.ts'

export const contact = (user: string) => ['Contact', `<sip:${user}@10.0.0.3>`] as const

export async function world() {
  const net = memoryNet()
  const ours = await endpoint(net, '10.0.0.1')
  const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.1')
  peer.onRequest = (request) => {
    if (request.method === 'BYE' || request.method === 'PRACK' || request.method === 'CANCEL')
      peer.respond(request, 200, 'x')
  }
  const told = notes()
  const finish = async (t: {
    match: (a: unknown, b: unknown) => boolean
    strictSame: (a: unknown, b: unknown) => boolean
  }) => {
    await net.run(70_000, 500)
    t.strictSame(ours.defects, [])
    t.match(ours.sip.stats(), { clientTransactions: 0, serverTransactions: 0, dialogs: 0, sessions: 0 })
  }
  /** ACKs and BYEs that came. */
  const sent = () => ({ ack: peer.count('ACK'), bye: peer.count('BYE') })
  return { net, ours, peer, told, finish, sent }
}
