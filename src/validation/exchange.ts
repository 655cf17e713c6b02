/**
 * One request to a validation service and what came back, to the octet as the vault sends and reads it: a TLS connection of its own, the
 * head, the body, the reply up to its end. For test cards only: here they are text.
 */

import { isIP } from 'node:net'
import { connect } from 'node:tls'
import type { Validation } from '../vault/contract.ts'
import { type BodyType, findBody, REPLY_MAX } from '../vault/http-reply.ts'

export type Reply = {
  readonly status: number
  /** The body of a reply with status 200; undefined when it is not whole. */
  readonly body: Buffer | undefined
  readonly type: BodyType
  /** What the header `Charges` says, if there is one. */
  readonly charges: number | undefined
  readonly tookMs: number
}
/** `code` is Node's word for what went wrong with the connection, or `TIMEOUT`. */
export type Exchange = Reply | { readonly code: string }

/** @param nowMs any clock that does not jump. */
export function exchange(
  validation: Validation,
  head: Uint8Array,
  body: Uint8Array,
  nowMs: () => number,
): Promise<Exchange> {
  const { host, port, authorities, serverName, clientCertificate, timeoutMs } = validation
  const name = serverName ?? (isIP(host) === 0 ? host : undefined)
  const startMs = nowMs()
  return new Promise((resolve) => {
    let received = Buffer.alloc(0)
    const finish = (result: Exchange): void => {
      clearTimeout(limit)
      socket.destroy()
      resolve(result)
    }
    const look = (ended: boolean): void => {
      const reply = replyIn(received, ended, nowMs() - startMs)
      if (reply !== undefined) finish(reply)
      else if (ended || received.length > REPLY_MAX) finish({ code: 'NO_REPLY' })
    }
    const limit = setTimeout(() => finish({ code: 'TIMEOUT' }), timeoutMs)
    const socket = connect({
      host,
      port,
      ca: [...authorities],
      allowPartialTrustChain: true,
      minVersion: 'TLSv1.2',
      ...(name === undefined ? {} : { servername: name }),
      ...(clientCertificate === undefined ? {} : { cert: clientCertificate.certificate, key: clientCertificate.key }),
    })
    socket.on('secureConnect', () => socket.write(head, () => socket.write(body)))
    socket.on('data', (octets: Buffer) => {
      received = Buffer.concat([received, octets])
      look(false)
    })
    socket.on('end', () => look(true))
    socket.on('error', (error: NodeJS.ErrnoException) => finish({ code: error.code ?? 'ERROR' }))
    socket.on('close', () => finish({ code: 'CLOSED' }))
  })
}

/** @returns the reply in these octets, or `undefined` while it is not whole. */
export function replyIn(octets: Buffer, ended: boolean, tookMs: number): Reply | undefined {
  const copy = Buffer.from(octets)
  const found = findBody(copy, copy.length, ended)
  if (found.at === 'more') return undefined
  const head = octets.toString('latin1', 0, octets.indexOf('\r\n\r\n') + 2)
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0)
  const charges = /^charges: *(\d{1,9})\r$/im.exec(head)?.[1]
  return {
    status,
    body: found.at === 'whole' ? copy.subarray(found.from, found.to) : undefined,
    type: found.at === 'whole' ? found.type : 'none',
    charges: charges === undefined ? undefined : Number(charges),
    tookMs,
  }
}
