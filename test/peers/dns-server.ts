/** A name server on loopback that knows what a test says (RFC 1035, RFC 2782, RFC 3403, RFC 3596). It counts what it is asked. */

import { createServer } from 'node:net'
import { DgramAsPromised } from 'dgram-as-promised'
import { freePort } from './free-port.ts'

export type DnsRecords = {
  readonly A?: Readonly<Record<string, readonly string[]>>
  readonly SRV?: Readonly<Record<string, readonly (readonly [number, number, number, string])[]>>
  readonly ttlSeconds?: number
  readonly NAPTR?: Readonly<Record<string, readonly (readonly [number, number, string, string, string])[]>>
}
export type DnsServer = {
  readonly port: number
  /** `A name`, one for each question. */
  readonly asked: string[]
  /** From now on it says nothing. */
  isSilent: boolean
  /** From now on answers over UDP are empty, and marked as cut off; over TCP they are whole. */
  isTruncating: boolean
  close(): Promise<void>
}

const TYPES: Readonly<Record<number, string>> = { 1: 'A', 28: 'AAAA', 33: 'SRV', 35: 'NAPTR' }
const TTL_SECONDS = 30
const HEAD_OCTETS = 12

/** Starts it on a free port, of UDP and of TCP. */
export async function startDnsServer(records: DnsRecords): Promise<DnsServer> {
  const socket = DgramAsPromised.createSocket('udp4')
  const bound = await socket.bind({ address: '127.0.0.1', port: await freePort() })
  const asked: string[] = []
  const server: DnsServer = {
    port: bound.port,
    asked,
    isSilent: false,
    isTruncating: false,
    close: async () => {
      tcp.close()
      await socket.close()
    },
  }
  const reply = (query: Buffer, isWhole: boolean): Buffer => {
    const { name, type, end } = questionOf(query)
    const found = answersTo(records, type, name)
    const told = isWhole ? found : []
    const head = Buffer.from(query.subarray(0, HEAD_OCTETS))
    // A response, authoritative; NXDOMAIN when there is nothing of that name.
    head.writeUInt16BE((found.length > 0 ? 0x8580 : 0x8583) | (isWhole ? 0 : 0x0200), 2)
    head.writeUInt16BE(told.length, 6)
    head.writeUInt32BE(0, 8)
    const code = query.readUInt16BE(end - 4)
    const answers = told.map((data) => {
      const fixed = Buffer.alloc(12)
      // The name is the question's.
      fixed.writeUInt16BE(0xc00c, 0)
      fixed.writeUInt16BE(code, 2)
      fixed.writeUInt16BE(1, 4)
      fixed.writeUInt32BE(records.ttlSeconds ?? TTL_SECONDS, 6)
      fixed.writeUInt16BE(data.length, 10)
      return Buffer.concat([fixed, data])
    })
    return Buffer.concat([head, query.subarray(HEAD_OCTETS, end), ...answers])
  }
  socket.socket.on('message', (query, from) => {
    const { name, type } = questionOf(query)
    asked.push(`${type} ${name}`)
    if (!server.isSilent) socket.socket.send(reply(query, !server.isTruncating), from.port, from.address)
  })
  const tcp = createServer((stream) => {
    stream.on('error', () => undefined)
    stream.once('data', (chunk: Buffer) => {
      const query = chunk.subarray(2)
      asked.push(`${questionOf(query).type} over TCP`)
      const octets = reply(query, true)
      // In two pieces, as the network may cut it.
      stream.write(Buffer.from([octets.length >> 8, octets.length & 0xff]))
      setImmediate(() => stream.end(octets))
    })
  })
  await new Promise<void>((done) => tcp.listen(bound.port, '127.0.0.1', done))
  return server
}

function questionOf(query: Buffer): { readonly name: string; readonly type: string; readonly end: number } {
  const labels: string[] = []
  let at = HEAD_OCTETS
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: TYPES[query.readUInt16BE(at + 1)] ?? '?', end: at + 5 }
}

function answersTo(records: DnsRecords, type: string, name: string): Buffer[] {
  if (type === 'A') return (records.A?.[name] ?? []).map((address) => Buffer.from(address.split('.').map(Number)))
  if (type === 'SRV') {
    return (records.SRV?.[name] ?? []).map(([priority, weight, port, target]) =>
      Buffer.concat([numbers(priority, weight, port), written(target)]),
    )
  }
  return (type === 'NAPTR' ? (records.NAPTR?.[name] ?? []) : []).map(
    ([order, preference, flags, service, replacement]) =>
      Buffer.concat([numbers(order, preference), text(flags), text(service), text(''), written(replacement)]),
  )
}

function numbers(...values: readonly number[]): Buffer {
  return Buffer.concat(
    values.map((value) => {
      const two = Buffer.alloc(2)
      two.writeUInt16BE(value)
      return two
    }),
  )
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')])
}

function written(name: string): Buffer {
  return Buffer.concat([...name.split('.').map(text), Buffer.from([0])])
}
