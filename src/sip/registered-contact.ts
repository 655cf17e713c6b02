/** Where a softphone is, as people want to see it. */

export type RegisteredContact = {
  /** As the phone gave it: text from the wire. */
  readonly uri: string
  readonly transport: string
  readonly address: string
  readonly port: number
  readonly expiresInSeconds: number
}

type Bound = {
  readonly uri: string
  readonly peer: Pick<RegisteredContact, 'transport' | 'address' | 'port'>
  readonly expiresAtMs: number
}

/** @param nowMs of the clock that bindings lapse by */
export function registeredContact({ uri, peer, expiresAtMs }: Bound, nowMs: number): RegisteredContact {
  const { transport, address, port } = peer
  return { uri, transport, address, port, expiresInSeconds: Math.max(0, Math.ceil((expiresAtMs - nowMs) / 1000)) }
}
