/** What the relay benchmarks know of a relay, whichever it is, and of the legs that are led through it. */

/** Codecs that legs can have, with what a session description says of them. */
export const CODECS = {
  PCMA: { payloadType: 8, rtpmap: 'PCMA/8000', unitsPerPacket: 160 },
  PCMU: { payloadType: 0, rtpmap: 'PCMU/8000', unitsPerPacket: 160 },
  G722: { payloadType: 9, rtpmap: 'G722/8000', unitsPerPacket: 160 },
} as const
export type Codec = keyof typeof CODECS

/** The suite of SRTP legs, and the octets of its master key and salt: what every far end has (RFC 4568 section 6.2.1). */
export const SRTP_SUITE = 'AES_CM_128_HMAC_SHA1_80'
export const SRTP_MASTER_SIZE = 30

/** One end of a call, as the generator has it; an SRTP leg with the key it sends with, in base64. */
export type Far = { readonly port: number; readonly codec: Codec; readonly key?: string }
/** Where the relay wants that leg's packets, and the key that it sends with. */
export type Near = { readonly port: number; readonly key?: string }

/** A relay that runs, without a call yet. */
export type Relay = {
  readonly pid: number
  /** Leads the legs, two for each call in turn. */
  connect(legs: readonly Far[]): Promise<readonly Near[]>
  /** Ends it by its id and waits until it has. */
  stop(): Promise<void>
}

/** A kind of relay that can be measured. */
export type RelayKind = {
  readonly name: string
  /** Until its compiler, if it has one, has seen enough: that is paid once, not per packet. */
  readonly warmUpMs: number
  /** @param calls that it will be led. */
  start(calls: number): Promise<Relay>
}

/** Does what has to be done for many, some at a time. */
export async function inTurns<T, R>(
  all: readonly T[],
  atOnce: number,
  each: (one: T, i: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  for (let at = 0; at < all.length; at += atOnce) {
    results.push(...(await Promise.all(all.slice(at, at + atOnce).map((one, i) => each(one, at + i)))))
  }
  return results
}
