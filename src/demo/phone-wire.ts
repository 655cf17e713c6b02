/** What a scripted phone's messages travel over: UDP, or whatever a test gives it. */

import { DgramAsPromised, type SocketAsPromised } from 'dgram-as-promised'

export type PhoneWire = {
  /** As it stands in the Via. */
  readonly protocol: 'UDP' | 'WS' | 'WSS'
  /** Port of this end; what it is known by in a capture. */
  readonly port: number
  /** Host of Via and Contact, IPv6 in brackets. */
  readonly host: string
  /** Port of Via and Contact; undefined where the host leads nowhere and needs none (RFC 7118 section 5). */
  readonly namedPort: number | undefined
  /** Parameters of the Contact's URI. */
  readonly contactParams: Readonly<Record<string, string>>
  send(bytes: Uint8Array): void
  close(): Promise<void>
}

/** Opens a wire. @param receive gets each message. */
export type OpenPhoneWire = (receive: (bytes: Buffer) => void) => Promise<PhoneWire>

/** @returns what opens a UDP socket at an address, to send everything to a server. */
export function udpPhoneWire(
  address: string,
  server: { readonly address: string; readonly port: number },
): OpenPhoneWire {
  return async (receive) => {
    const opened: SocketAsPromised = DgramAsPromised.createSocket(address.includes(':') ? 'udp6' : 'udp4')
    await opened.bind(0, address)
    const { socket } = opened
    const { port } = socket.address()
    socket.on('message', receive)
    return {
      protocol: 'UDP',
      port,
      host: hostOf(address),
      namedPort: port,
      contactParams: {},
      send: (bytes) => socket.send(bytes, server.port, server.address),
      close: async () => void (await opened.close()),
    }
  }
}

/** An address as it stands in a URI (RFC 3261 section 25.1). */
export function hostOf(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}
