/**
 * Questions whose answers say for how long they hold: Node tells the TTL of addresses alone, not that of SRV and NAPTR. Asked over UDP, over TCP
 * where the answer does not fit (RFC 1035 section 4.2), of one name server after the other. Messages are written and read by dns-packet.
 *
 * Against forged answers each question has a socket, and so a port, and a number of its own, and takes an answer from that server to that question
 * alone (RFC 5452 section 9).
 */

import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect, isIPv6 } from 'node:net'
import { type Answer, decode, encode, type Packet, RECURSION_DESIRED, streamDecode, streamEncode } from 'dns-packet'
import type { Milliseconds } from '../base/units.ts'

export type DnsType = 'SRV' | 'NAPTR'

export type DnsQueryOptions = {
  /** As `Resolver.getServers` names them: an address, with a port where it is another than 53. */
  readonly servers: readonly string[]
  /** For one answer of one server. */
  readonly timeoutMs: Milliseconds
  /** How often each is asked. */
  readonly tries: number
}

const DNS_PORT = 53
const MOST_OCTETS = 65_535
const NO_SUCH_NAME = 'NXDOMAIN'

/** Rejects as Node's own functions do: with `ENOTFOUND` or `ENODATA` when there is no such record, with another code when nobody can tell. */
export async function queryRecords<T extends DnsType>(
  name: string,
  type: T,
  options: DnsQueryOptions,
): Promise<Extract<Answer, { readonly type: T }>[]> {
  const { servers, timeoutMs, tries } = options
  let last: unknown = failure('ENOTFOUND')
  for (const server of Array.from({ length: tries }, () => servers).flat()) {
    try {
      const reply = await ask(placeOf(server), name, type, timeoutMs)
      const code = codeOf(reply)
      if (code === NO_SUCH_NAME) throw failure('ENOTFOUND')
      if (code !== 'NOERROR') {
        last = failure('ESERVFAIL')
        continue
      }
      const found = (reply.answers ?? []).filter((each): each is Extract<Answer, { type: T }> => each.type === type)
      if (found.length === 0) throw failure('ENODATA')
      return found
    } catch (thrown) {
      if (isAbsent(thrown)) throw thrown
      last = thrown
    }
  }
  throw last
}

type Place = { readonly address: string; readonly port: number }

async function ask(place: Place, name: string, type: DnsType, timeoutMs: Milliseconds): Promise<Packet> {
  const query: Packet = {
    type: 'query',
    id: randomInt(2 ** 16),
    flags: RECURSION_DESIRED,
    questions: [{ type, name, class: 'IN' }],
  }
  const isOurs = (reply: Packet) =>
    reply.type === 'response' &&
    reply.id === query.id &&
    reply.questions?.length === 1 &&
    reply.questions[0]?.type === type &&
    reply.questions[0].name.toLowerCase() === name.toLowerCase()
  const reply = await overUdp(place, query, isOurs, timeoutMs)
  return (reply as { readonly flag_tc?: boolean }).flag_tc === true ? overTcp(place, query, isOurs, timeoutMs) : reply
}

function overUdp(
  { address, port }: Place,
  query: Packet,
  isOurs: (reply: Packet) => boolean,
  timeoutMs: Milliseconds,
): Promise<Packet> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
    let isDone = false
    const done = (end: () => void) => {
      if (isDone) return
      isDone = true
      clearTimeout(limit)
      socket.close()
      end()
    }
    const limit = setTimeout(() => done(() => reject(failure('ETIMEOUT'))), timeoutMs)
    socket.on('error', (error) => done(() => reject(error)))
    // Connected, it gets nothing from anybody else.
    socket.connect(port, address, (error?: Error) => {
      if (error !== undefined && error !== null) done(() => reject(error))
      else if (!isDone) socket.send(encode(query))
    })
    socket.on('message', (octets) => {
      const reply = readable(() => decode(octets))
      if (reply !== undefined && isOurs(reply)) done(() => resolve(reply))
    })
  })
}

function overTcp(
  { address, port }: Place,
  query: Packet,
  isOurs: (reply: Packet) => boolean,
  timeoutMs: Milliseconds,
): Promise<Packet> {
  return new Promise((resolve, reject) => {
    let got = Buffer.alloc(0)
    const socket = connect({ host: address, port }, () => socket.write(streamEncode(query)))
    const done = (end: () => void) => {
      clearTimeout(limit)
      socket.destroy()
      end()
    }
    const limit = setTimeout(() => done(() => reject(failure('ETIMEOUT'))), timeoutMs)
    socket.on('error', (error) => done(() => reject(error)))
    socket.once('end', () => done(() => reject(failure('ECONNRESET'))))
    socket.on('data', (chunk: Buffer) => {
      got = Buffer.concat([got, chunk])
      if (got.length < 2 || got.length < got.readUInt16BE(0) + 2) return
      const reply = got.length > MOST_OCTETS + 2 ? undefined : readable(() => streamDecode(got))
      done(() => (reply !== undefined && isOurs(reply) ? resolve(reply) : reject(failure('EBADRESP'))))
    })
  })
}

function placeOf(server: string): Place {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(server) ?? []
  return { address: bracketed ?? plain ?? server, port: port === undefined ? DNS_PORT : Number(port) }
}

function codeOf(reply: Packet): string | undefined {
  return (reply as { readonly rcode?: string }).rcode
}

/** The package throws at what is no DNS message. */
function readable(read: () => Packet): Packet | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function isAbsent(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOTFOUND' || thrown.code === 'ENODATA')
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code })
}
