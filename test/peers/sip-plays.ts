/** Moves of far ends that crossings are made of, and what is seen of them. */

import type { SipRequest } from '../../src/sip/message.ts'
import { offerOf, type Scene, type Side, sipScene } from './sip-scene.ts'

/** Messages that cross, are lost, come late or come twice, and all that is seen of it. */
export type Crossing = {
  readonly says: string
  /** Where it is written that it has to be so. */
  readonly after: string
  readonly play: () => Promise<Played>
  readonly seen: readonly string[]
}
export type Played = readonly [scene: Scene, seen: readonly string[]]
/** What it gives back as text was seen, too. */
export type Move = (at: Scene) => unknown

/** Makes moves with pauses in between. @returns what came meanwhile, and how the call stands in the end. */
export async function played(scene: Scene, ...moves: readonly Move[]): Promise<Played> {
  const seen: string[] = []
  scene.news()
  for (const move of moves) {
    const told = await move(scene)
    await scene.run()
    seen.push(...scene.news())
    if (typeof told === 'string') seen.push(told)
  }
  return [scene, [...counted(seen), `the call is ${scene.state()}`]]
}

/** @returns a call whose INVITE has gone on to the agent. */
export async function called(more: Parameters<Scene['invite']>[0] = {}, offer?: string): Promise<Scene> {
  const scene = await sipScene()
  await scene.invite(more, offer)
  return scene
}

/** Several moves at the same time. */
export const together =
  (...moves: readonly Move[]): Move =>
  (at) => {
    for (const move of moves) move(at)
  }
export const cancel: Move = (at) => void at.ask('caller', 'CANCEL', { branch: 'invite', cseq: 1, toTag: '' })
export const bye =
  (side: Side): Move =>
  (at) =>
    void at.ask(side, 'BYE')
export const wait =
  (ms: number): Move =>
  (at) =>
    at.net.run(ms, 500)
/** The agent's far end answers our INVITE. */
export const says =
  (status: number, sdp = status > 180): Move =>
  (at) =>
    at.answer(status, { sdp })
/** A far end answers the newest request of ours with this method. */
export const answers =
  (side: Side, method: string, status: number, more: Parameters<Scene['respond']>[3] = {}): Move =>
  (at) =>
    at.respond(side, at.peers[side].last(method), status, more)
/** From now on a far end answers each request of ours with this method at once. */
export const willAnswer =
  (side: Side, method: string, status: number, more: Parameters<Scene['respond']>[3] = {}): Move =>
  (at) => {
    at.peers[side].onRequest = (request) => {
      if (request.method === method) at.respond(side, request, status, more)
    }
  }
/** @param offer changes to that of the side. */
export const offers =
  (side: Side, method: 'INVITE' | 'UPDATE', cseq: number, offer?: Parameters<typeof offerOf>[1]): Move =>
  (at) =>
    void at.ask(side, method, {
      cseq,
      branch: `offer${cseq}`,
      ...(offer === undefined ? {} : { body: offerOf(side, { version: cseq, ...offer }) }),
    })
/** ACK of a 2xx. */
export const acks =
  (side: Side, cseq: number, body?: string): Move =>
  (at) =>
    at.ack(side, cseq, body)
/** ACK of a refusal: it belongs to the transaction of its INVITE. */
export const acksRefusal =
  (side: Side, cseq: number): Move =>
  (at) =>
    void at.ask(side, 'ACK', { cseq, branch: `offer${cseq}` })
/** ACK of a refusal of the caller's first INVITE. */
export const acksRefusedCall: Move = (at) => void at.ask('caller', 'ACK', { cseq: 1, branch: 'invite' })
/** Where the sound of a side goes. */
export const hears =
  (side: Side): Move =>
  ({ bench }) =>
    `the port of the ${side} sends to ${bench.media.ports[side === 'caller' ? 0 : 1]?.terms?.remote.rtpPort}`
/** One of several far ends that our INVITE was forked to, with a tag and a port of its own. @param port none without SDP. */
export const fork =
  (status: number, tag: string, port?: number): Move =>
  ({ peers }) => {
    const invite = peers.agent.requests.find((each): each is SipRequest => each.method === 'INVITE')
    if (invite === undefined) throw new Error('nobody was called')
    const body = port === undefined ? '' : offerOf('agent', { rtpPort: port, rtcpPort: port + 1, codecs: ['PCMA'] })
    peers.agent.respond(invite, status, tag, [['Contact', `<sip:${tag}@10.0.0.3>`]], body)
  }

/** @returns words that come several times in a row once, with their number. */
function counted(words: readonly string[]): string[] {
  const all: string[] = []
  for (let at = 0; at < words.length; ) {
    let end = at
    while (words[end] === words[at]) end++
    all.push(end - at > 1 ? `${words[at]}, ${end - at} times` : `${words[at]}`)
    at = end
  }
  return all
}
