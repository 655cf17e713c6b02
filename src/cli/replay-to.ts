/**
 * `sotto replay FILE --to URI`: plays what one side of a captured conversation sent as a live call, packet by packet with the capture's
 * own timing, losses and oddities. Says how many packets went out, never what was in them.
 */

import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { DgramAsPromised } from 'dgram-as-promised'
import { asFault, fault } from '../base/fault.ts'
import { codecNamed } from '../base/units.ts'
import { type PhoneTerms, phoneSdp, termsIn } from '../demo/phone-sdp.ts'
import { type Playback, packetFor, playbackOf } from '../demo/playback.ts'
import { openSipPhone } from '../demo/sip-phone.ts'
import { findStreams } from '../rtp/stream-finder.ts'
import { openCapture } from './replay.ts'

export type ReplayToArgs = {
  readonly file: string
  /** `sip:user@host[:port]`. */
  readonly to: string
  /** Number of the stream, from 1, as `sotto replay` lists them; the first playable one when absent. */
  readonly stream: number | undefined
  /** Address to send from; the one that leads to the target when absent. */
  readonly local: string | undefined
  /** Account to call with, and its password, when the server asks for one. */
  readonly user: string | undefined
  readonly password: string | undefined
}

type Target = { readonly user: string; readonly address: string; readonly port: number }

const DEFAULT_SIP_PORT = 5060
/** After the last packet, for what the far end still has to say. */
const TAIL_MS = 1000

/** @returns the exit code: 0 played to the end, 1 not. */
export async function replayTo(args: ReplayToArgs, write: (line: string) => void): Promise<number> {
  try {
    const { streams } = findStreams(await openCapture(args.file))
    const playable = args.stream === undefined ? streams : streams.slice(args.stream - 1, args.stream)
    const playback = playable.flatMap((stream) => playbackOf(streams, stream) ?? [])[0]
    if (playback === undefined) throw fault('replay.not-playable')
    const target = await targetOf(args.to)
    return await play(args, playback, target, write)
  } catch (thrown) {
    const { row } = asFault(thrown)
    write(`${row.title}. ${row.advice}`)
    return 1
  }
}

async function play(
  args: ReplayToArgs,
  playback: Playback,
  target: Target,
  write: (line: string) => void,
): Promise<number> {
  const address = args.local ?? (await addressTowards(target))
  const sound = DgramAsPromised.createSocket(address.includes(':') ? 'udp6' : 'udp4')
  await sound.bind(0, address)
  const own = phoneSdp(address, sound.socket.address().port, playback.codec, {
    ...(playback.eventPayloadType === undefined ? {} : { eventPayloadType: playback.eventPayloadType }),
  })
  let terms: PhoneTerms | undefined
  let ended = false
  let heard = 0
  sound.socket.on('message', () => {
    heard += 1
  })
  const follow = (body: string): void => {
    terms = termsIn(body) ?? terms
  }
  const phone = await openSipPhone({
    user: args.user ?? 'replay',
    password: args.password,
    address,
    server: { address: target.address, port: target.port },
    onDatagram: () => undefined,
    onInvite: () => ({ answer: own, ringMs: 0 }),
    onReoffer: (offer) => {
      follow(offer)
      return own
    },
    onAnswered: follow,
    onEnded: () => {
      ended = true
    },
  })
  try {
    write(`calling ${args.to} with ${playback.codec}`)
    try {
      await phone.call(target.user, own)
    } catch (refused) {
      write(refused instanceof Error ? refused.message : 'call refused')
      return 1
    }
    const seconds = ((playback.packets.at(-1)?.afterMs ?? 0) / 1000).toFixed(1)
    write(`answered; playing ${playback.packets.length} packets, ${seconds} s`)
    const sent = await sendAll(playback, sound.socket, () => (ended ? undefined : terms))
    if (!ended) await pause(TAIL_MS)
    write(`${sent} packets sent, ${heard} heard${ended ? '; the far end hung up' : ''}`)
    await phone.hangUp()
    return sent > 0 ? 0 : 1
  } finally {
    await phone.close()
    await sound.close()
  }
}

/** Sends each packet when its time comes. @param where undefined ends it. @returns how many went out. */
async function sendAll(playback: Playback, socket: Socket, where: () => PhoneTerms | undefined): Promise<number> {
  const startMs = performance.now()
  const codec = codecNamed(playback.codec).payloadType
  let sent = 0
  for (const { afterMs, bytes } of playback.packets) {
    const waitMs = startMs + afterMs - performance.now()
    if (waitMs > 1) await pause(waitMs)
    const terms = where()
    if (terms === undefined) break
    const packet = packetFor(playback, bytes, { codec, event: terms.eventPayloadType })
    if (packet === undefined) continue
    socket.send(packet, terms.port, terms.address)
    sent += 1
  }
  return sent
}

/** @throws Fault `replay.bad-target` */
async function targetOf(uri: string): Promise<Target> {
  const match = /^sip:([^@:;?]+)@(?:\[([0-9a-fA-F:.]+)\]|([^:;?[\]]+))(?::(\d{1,5}))?(?:;.*)?$/i.exec(uri)
  const host = match?.[2] ?? match?.[3]
  if (match === null || host === undefined) throw fault('replay.bad-target')
  try {
    const { address } = await lookup(host)
    return { user: decodeURIComponent(match[1] ?? ''), address, port: Number(match[4] ?? DEFAULT_SIP_PORT) }
  } catch (cause) {
    throw fault('replay.bad-target', {}, cause)
  }
}

/** The address of this machine that packets to a target leave from. */
function addressTowards(target: Target): Promise<string> {
  const socket = createSocket(target.address.includes(':') ? 'udp6' : 'udp4')
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.connect(target.port, target.address, () => {
      const { address } = socket.address()
      socket.close(() => resolve(address))
    })
  })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
