/**
 * How much may be sent to an address that may be forged. A trunk is believed for the address that its INVITE comes from, which over UDP anybody can
 * write there, and what answers an INVITE is said again for half a minute (RFC 3261 sections 13.3.1.4 and 17.2.1, RFC 3262 section 3). So all that is
 * sent for one is at most ten times of what came for it, as QUIC bounds it (RFC 9000 section 8.1), until the far end names the tag that we gave the
 * dialog: an ACK, a PRACK, any request inside. Timers run as ever, and each repetition of the INVITE makes room.
 */

/**
 * Up to how many octets for one each may go, with what the others took. The first ones leave something for what follows: an answer however long it
 * rang, and a BYE where no ACK ever came.
 */
const TIMES = { provisional: 6, final: 9, request: 10 } as const
/** Of what answers a request that begins nothing. */
export const MOST_TIMES = TIMES.final

export class Allowance {
  #arrived: number
  #taken = 0
  #isHeard = false
  readonly #withheld: () => void
  /** Told once, when nothing is bounded any more. */
  onHeard: (() => void) | undefined

  /** @param octets length of the INVITE. @param withheld called for each message that may not be sent. */
  constructor(octets: number, withheld: () => void) {
    this.#arrived = octets
    this.#withheld = withheld
  }

  /** The INVITE came again. */
  came(more: number): void {
    this.#arrived += more
  }

  /** The far end has named our tag. */
  get isHeard(): boolean {
    return this.#isHeard
  }

  /** It names our tag: nothing is bounded any more. */
  heard(): void {
    if (this.#isHeard) return
    this.#isHeard = true
    this.onHeard?.()
  }

  /** @returns whether this may be sent; then it has been counted. */
  takes(wanted: number, what: keyof typeof TIMES): boolean {
    if (this.#isHeard) return true
    if (this.#taken + wanted > TIMES[what] * this.#arrived) {
      this.#withheld()
      return false
    }
    this.#taken += wanted
    return true
  }
}
