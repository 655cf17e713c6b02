/**
 * One end of many calls at once, for races: a small user agent on one UDP socket with its sound on another. It retransmits, answers what comes twice
 * with what it said before, and otherwise does only what a race tells it, at the moment that it tells. Nothing is kept of a leg that was let go.
 */

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { pause } from '../../src/demo/waiting.ts'
import { writeHeader } from '../../src/rtp/packet.ts'
import { callIdOf, cseqOf, fromOf, headerOf, type SipRequest, type SipResponse, sdpOf } from '../../src/sip/message.ts'
import { parseMessage } from '../../src/sip/parse-message.ts'
import { type Line, writeResponse } from '../../src/sip/write-message.ts'
import { branchOf, type Where } from './wire-peer.ts'

export type Side = 'caller' | 'agent'

/** One end of one call. */
export type RaceLeg = {
  readonly callId: string
  /** Tag of this end; another one is another fork. */
  tag: string
  /** Every request of the server that was not a repetition; null answers nothing. */
  onRequest: (request: SipRequest) => void
  /** The server has said BYE, or refused or cancelled the call. */
  isOver: boolean
  /** From its first INVITE. */
  invite: SipRequest | undefined
  /** Where the server's port for this leg is, by its newest SDP. */
  soundPort: number | undefined
  /** Packets of the other end that came: when they were sent and when they were seen, ms of this process. */
  readonly heard: { readonly sentMs: number; readonly seenMs: number }[]
  /** What is wrong with what came. */
  readonly flaws: string[]
  /** Sends the INVITE that begins the call. */
  call(uri: string, user: string, headers?: readonly Line[]): Promise<SipResponse>
  /** Each provisional answer to it that was not a repetition. */
  onProvisional: (response: SipResponse) => void
  /** How many repetitions of a 200 to an INVITE are passed over before it is acknowledged; they are counted down. */
  lostAcks: number
  /** CANCEL of that INVITE. */
  cancel(): Promise<SipResponse>
  /** A request inside the dialog; an INVITE's 200 is acknowledged. @returns the final answer; 408 when none comes. */
  ask(method: string, more?: { readonly headers?: readonly Line[]; readonly body?: string }): Promise<number>
  respond(
    request: SipRequest,
    status: number,
    more?: { readonly sdp?: boolean; readonly headers?: readonly Line[]; readonly tag?: string },
  ): void
  /** A request is lost before it is seen: its repetition is the first. */
  lose(request: SipRequest): void
  /** An SDP of this end, newer than the last. */
  sdp(direction?: string): string
  /** Sends a few packets of sound that the other end can tell. */
  speak(): void
}

export type RaceEnd = {
  readonly where: Where
  connect(server: Where): void
  /** A new call that came: to which race it belongs is in its From. */
  onCall: (leg: RaceLeg, request: SipRequest) => void
  leg(callId: string, race: number): RaceLeg
  forget(leg: RaceLeg): void
  close(): Promise<void>
}

/** RFC 3261 section 17.1.1.1. */
const T1_MS = 500
const T2_MS = 4000
const TIMER_B_MS = 33_000
/** Timer B is over with the first provisional answer: a server that gives up after 32 s may say so a little later. */
const PROCEEDING_MS = 60_000
const PACKETS = 5
const PTIME_TS = 160
const PCMA = 8
/** Makes an INVITE as long as a trunk's is: to a shorter one a 200 is said less often (`src/sip/allowance.ts`). */
const USUAL_LENGTH: Line = ['User-Agent', 'as of a trunk, with all its names '.repeat(11)]
const MARKS: Readonly<Record<Side, number>> = { caller: 0x1c, agent: 0x2a }

/** Binds an end; `connect` says where everything goes. */
export async function raceEnd(side: Side, address: string): Promise<RaceEnd> {
  const [sip, sound] = [await bound(address), await bound(address)]
  const { port } = sip.address()
  const soundAt = sound.address().port
  const legs = new Map<string, Leg>()
  const byRace = new Map<number, Leg>()
  let branches = 0
  let server: Where = { address, port: 9 }
  let isClosed = false
  const write = (octets: Buffer) => {
    if (!isClosed) sip.send(octets, server.port, server.address)
  }

  type Open = { readonly done: (response: SipResponse) => void; readonly proceed: () => void }
  type Leg = RaceLeg & {
    readonly race: number
    /** By branch and method: requests of ours that are not answered. */
    readonly open: Map<string, Open>
    /** By branch and method: what was said to a request of the server's. */
    readonly said: Map<string, Buffer | undefined>
    take(message: SipRequest | SipResponse): void
    close(): void
  }

  const makeLeg = (callId: string, race: number): Leg => {
    let cseq = 0
    let version = 1
    let inviteBranch = ''
    let inviteUri = ''
    let user = 'agent'
    /** From and To of what this end sends; To gets its tag from the answer. */
    let far = ''
    let target = ''
    let sequence = 1
    const provisional = new Set<string>()
    const resends = new Set<() => void>()

    const head = (number: number, method: string, to = far): readonly Line[] => [
      ['Max-Forwards', '70'],
      ['From', `<sip:${user}@${address}:${port}>;tag=${leg.tag}`],
      ['To', to],
      ['Call-ID', callId],
      ['CSeq', `${number} ${method}`],
      ['Contact', `<sip:${user}@${address}:${port}>`],
    ]
    const octetsOf = (method: string, uri: string, branch: string, lines: readonly Line[], body = '') => {
      const via = `Via: SIP/2.0/UDP ${address}:${port};branch=${branch}\r\n`
      const type = body === '' ? '' : 'Content-Type: application/sdp\r\n'
      const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      return Buffer.from(
        `${method} ${uri} SIP/2.0\r\n${via}${text}${type}Content-Length: ${body.length}\r\n\r\n${body}`,
      )
    }
    /** Sends again and again. @returns what stops it. */
    const repeat = (octets: Buffer): (() => void) => {
      let waitMs = T1_MS
      let timer: NodeJS.Timeout
      const again = () => {
        write(octets)
        waitMs = Math.min(waitMs * 2, T2_MS)
        timer = setTimeout(again, waitMs)
      }
      write(octets)
      timer = setTimeout(again, waitMs)
      const stop = () => {
        clearTimeout(timer)
        resends.delete(stop)
      }
      resends.add(stop)
      return stop
    }
    const transact = (method: string, uri: string, branch: string, lines: readonly Line[], body = '') =>
      new Promise<SipResponse>((resolve) => {
        const key = `${branch} ${method}`
        const stop = repeat(octetsOf(method, uri, branch, lines, body))
        let limit = setTimeout(() => settle(TIMED_OUT), TIMER_B_MS)
        let isSettled = false
        const settle = (response: SipResponse) => {
          isSettled = true
          clearTimeout(limit)
          stop()
          if (method !== 'INVITE' || response === TIMED_OUT) leg.open.delete(key)
          resolve(response)
        }
        const proceed = () => {
          if (isSettled) return
          stop()
          clearTimeout(limit)
          limit = setTimeout(() => settle(TIMED_OUT), PROCEEDING_MS)
        }
        leg.open.set(key, { done: settle, proceed })
      })
    const newBranch = () => `z9hG4bKrace${side}${++branches}`
    const acknowledge = (response: SipResponse) => {
      const number = cseqOf(response)?.number ?? 1
      const isRefusal = response.status >= 300
      const branch = isRefusal ? branchOf(response) : newBranch()
      const uri = isRefusal && branch === inviteBranch ? inviteUri : target
      write(octetsOf('ACK', uri, branch, head(number, 'ACK', headerOf(response, 'to'))))
    }

    const leg: Leg = {
      callId,
      race,
      tag: `${side}${race}`,
      onRequest: () => {},
      onProvisional: () => {},
      isOver: false,
      invite: undefined,
      soundPort: undefined,
      heard: [],
      flaws: [],
      lostAcks: 0,
      open: new Map(),
      said: new Map(),
      call: (uri, from, headers = []) => {
        user = from
        cseq = 1
        inviteUri = uri
        inviteBranch = newBranch()
        far = `<${uri}>`
        return transact('INVITE', uri, inviteBranch, [...head(1, 'INVITE'), ...headers, USUAL_LENGTH], leg.sdp())
      },
      cancel: () => transact('CANCEL', inviteUri, inviteBranch, head(1, 'CANCEL', `<${inviteUri}>`)),
      ask: async (method, { headers = [], body = '' } = {}) => {
        cseq += 1
        const branch = newBranch()
        const response = await transact(method, target, branch, [...head(cseq, method), ...headers], body)
        return response.status
      },
      respond: (request, status, { sdp = false, headers = [], tag = leg.tag } = {}) => {
        const contact: Line = ['Contact', `<sip:${user}@${address}:${port}>`]
        const type: Line[] = sdp ? [['Content-Type', 'application/sdp']] : []
        const octets = writeResponse(request, {
          status,
          toTag: tag,
          headers: [contact, ...headers, ...type],
          body: Buffer.from(sdp ? leg.sdp() : ''),
        })
        leg.said.set(`${branchOf(request)} ${request.method}`, octets)
        // A 200 to an INVITE is repeated until its ACK, whatever carries it (RFC 3261 section 13.3.1.4).
        if (request.method === 'INVITE' && status >= 200 && status < 300) unacknowledged.set(tag, repeat(octets))
        else write(octets)
      },
      lose: (request) => void leg.said.delete(`${branchOf(request)} ${request.method}`),
      sdp: (direction = 'sendrecv') => {
        version += 1
        return [
          'v=0',
          `o=- ${race + 1} ${version} IN IP4 ${address}`,
          's=-',
          `c=IN IP4 ${address}`,
          't=0 0',
          `m=audio ${soundAt} RTP/AVP 8`,
          'a=rtpmap:8 PCMA/8000',
          `a=${direction}`,
          '',
        ].join('\r\n')
      },
      speak: () => {
        if (leg.soundPort === undefined) return
        for (let packet = 0; packet < PACKETS; packet++) {
          const octets = Buffer.alloc(12 + PTIME_TS, MARKS[side])
          sequence = (sequence + 1) & 0xffff
          const ssrc = race * 2 + (side === 'caller' ? 1 : 2)
          writeHeader(octets, PCMA, false, sequence, (sequence * PTIME_TS) >>> 0, ssrc)
          octets.writeUInt32BE(race, 16)
          octets.writeDoubleBE(performance.now(), 20)
          sound.send(octets, leg.soundPort, server.address)
        }
      },
      take: (message) => {
        const sdp = sdpOf(message)
        const soundPort = /^m=audio (\d+)/m.exec(sdp ?? '')?.[1]
        if (soundPort !== undefined) leg.soundPort = Number(soundPort)
        if (message.kind === 'response') takeResponse(message)
        else takeRequest(message)
      },
      close: () => {
        for (const stop of [...resends]) stop()
      },
    }
    /** By tag: a 200 of ours that has no ACK. */
    const unacknowledged = new Map<string, () => void>()

    /** Who the other end is, and where it is reached. */
    const learn = (response: SipResponse) => {
      far = headerOf(response, 'to') ?? far
      target = /<([^>]*)>/.exec(headerOf(response, 'contact') ?? '')?.[1] ?? target
    }

    const takeResponse = (response: SipResponse) => {
      const method = cseqOf(response)?.method ?? ''
      const open = leg.open.get(`${branchOf(response)} ${method}`)
      const isInvite = method === 'INVITE'
      if (response.status < 200) {
        const key = `${response.status} ${headerOf(response, 'rseq') ?? ''}`
        if (isInvite) open?.proceed()
        if (isInvite && branchOf(response) === inviteBranch) learn(response)
        if (!provisional.has(key) && response.status > 100) {
          provisional.add(key)
          leg.onProvisional(response)
        }
        return
      }
      if (isInvite && response.status < 300) {
        learn(response)
        if (leg.lostAcks > 0) leg.lostAcks -= 1
        else acknowledge(response)
      } else if (isInvite) acknowledge(response)
      open?.done(response)
    }

    const takeRequest = (request: SipRequest) => {
      if (request.method === 'ACK') {
        const tag = tagIn(request)
        unacknowledged.get(tag)?.()
        unacknowledged.delete(tag)
        return
      }
      const key = `${branchOf(request)} ${request.method}`
      if (leg.said.has(key)) {
        const said = leg.said.get(key)
        if (said !== undefined) write(said)
        return
      }
      leg.said.set(key, undefined)
      if (request.method === 'INVITE' && leg.invite === undefined) {
        leg.invite = request
        far = headerOf(request, 'from') ?? ''
        target = /<([^>]*)>/.exec(headerOf(request, 'contact') ?? '')?.[1] ?? target
      }
      leg.onRequest(request)
    }
    legs.set(callId, leg)
    byRace.set(race, leg)
    return leg
  }

  const end: RaceEnd = {
    where: { address, port },
    connect: (to) => {
      server = to
    },
    onCall: () => {},
    leg: makeLeg,
    forget: (leg) => {
      const known = legs.get(leg.callId)
      known?.close()
      legs.delete(leg.callId)
      if (known !== undefined && byRace.get(known.race) === known) byRace.delete(known.race)
    },
    close: async () => {
      isClosed = true
      for (const leg of legs.values()) leg.close()
      for (const socket of [sip, sound]) await new Promise<void>((closed) => socket.close(closed))
    },
  }
  sip.on('message', (octets) => {
    const parsed = parseMessage(octets)
    if (parsed.kind !== 'message') return
    const { message } = parsed
    const known = legs.get(callIdOf(message))
    if (known !== undefined) known.take(message)
    else if (message.kind === 'request' && message.method === 'INVITE') {
      const race = Number(/sip:race(\d+)@/.exec(fromOf(message)?.uri ?? '')?.[1] ?? -1)
      const leg = makeLeg(callIdOf(message), race)
      leg.take(message)
      end.onCall(leg, message)
    }
    // Of a race that is over: it has been let go, and its requests end at once.
    else if (message.kind === 'request' && message.method !== 'ACK')
      write(writeResponse(message, { status: 481, toTag: 'over' }))
  })
  const otherMark = MARKS[side === 'caller' ? 'agent' : 'caller']
  sound.on('message', (octets, { port: from }) => {
    if (octets.length !== 12 + PTIME_TS || octets[12] !== otherMark) return
    const leg = byRace.get(octets.readUInt32BE(16))
    if (leg === undefined) return
    if (from !== leg.soundPort) leg.flaws.push(`the ${side} hears the other end by the port of another call`)
    leg.heard.push({ sentMs: octets.readDoubleBE(20), seenMs: performance.now() })
  })
  return end
}

/** Nobody answered. */
const TIMED_OUT: SipResponse = {
  kind: 'response',
  status: 408,
  names: [],
  values: [],
  body: new Uint8Array(0),
  memo: {},
}

/** @returns the tag of the end that a request is for. */
export function tagIn(request: SipRequest): string {
  return /;\s*tag=([^;>\s]+)/.exec(headerOf(request, 'to') ?? '')?.[1] ?? ''
}

async function bound(address: string): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 2 ** 20 })
  socket.bind(0, address)
  await once(socket, 'listening')
  return socket
}

/** @returns once it holds, or the time is up. */
export async function holds(test: () => boolean, limitMs: number): Promise<boolean> {
  const endMs = performance.now() + limitMs
  while (!test()) {
    if (performance.now() > endMs) return false
    await pause(20)
  }
  return true
}
