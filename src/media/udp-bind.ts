/** Binds a UDP socket with promises (dgram-as-promised). Addresses are numeric, so that nothing is ever looked up. */

import type { Socket } from 'node:dgram'
import { DgramAsPromised } from 'dgram-as-promised'
import { numericOnly } from '../base/udp-handle.ts'
import type { Family, NotOpened } from './udp-batch.ts'

/** What the system says when it binds no socket. A port below 1024 is taken, as far as this user is concerned. */
const REASONS: Readonly<Record<string, NotOpened>> = {
  EADDRINUSE: 'taken',
  EACCES: 'taken',
  EMFILE: 'no-descriptors',
  ENFILE: 'no-descriptors',
  EADDRNOTAVAIL: 'no-address',
  EAFNOSUPPORT: 'no-address',
}

/**
 * Binds a socket. The caller goes on in the same turn of the event loop: nothing has been read yet.
 * @returns the socket, or why there is none.
 * @throws Error when the system refuses for any other reason.
 */
export async function bindUdp(
  family: Family,
  address: string,
  port: number,
): Promise<{ readonly socket: Socket; readonly port: number } | NotOpened> {
  const dgram = DgramAsPromised.createSocket({
    type: family === 'IPv4' ? 'udp4' : 'udp6',
    ipv6Only: family === 'IPv6',
    lookup: numericOnly,
  })
  try {
    const bound = await dgram.bind({ address, port, exclusive: true })
    return { socket: dgram.socket, port: bound.port }
  } catch (error) {
    await dgram.close().catch(() => undefined)
    const reason = notOpened(error)
    if (reason === undefined) throw error
    return reason
  }
}

/** @returns why no socket could be had, if that is what an error says. */
export function notOpened(error: unknown): NotOpened | undefined {
  return error instanceof Error && 'code' in error ? REASONS[String(error.code)] : undefined
}
