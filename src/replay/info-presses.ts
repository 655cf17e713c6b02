/**
 * Keys that a capture has by SIP INFO, read as the server would read them: messages framed by the SIP room, bodies cut out of the octets before
 * anything becomes a string, the key told from the octets. What was sent again is one press: it has the number of its first sending.
 */

import { infoKey } from '../base/info-key.ts'
import type { Milliseconds } from '../base/units.ts'
import type { Segment } from '../rtp/link-layer.ts'
import { createFramer, type Framer } from '../sip/framer.ts'
import { cutInfo } from '../sip/info-cut.ts'

export type InfoPress = {
  /** Since 1970. */
  readonly atMs: Milliseconds
  /** Who sent it: address and port. */
  readonly from: string
  /** RFC 4733 event code, 0 to 15. */
  readonly code: number
}

const START_LINE = /^(?:[A-Z]+ \S+ SIP\/2\.0|SIP\/2\.0 \d{3}\b[^\r\n]*)\r\n/
/** Octets in which a start line has room. */
const START_MAX = 512

/** One direction of a TCP connection. */
type Way = { framer: Framer | undefined; next: number }

export class InfoPresses {
  readonly #presses: InfoPress[] = []
  readonly #ways = new Map<string, Way>()
  readonly #seen = new Set<string>()

  /** Every press so far, in the order of the capture. */
  get presses(): readonly InfoPress[] {
    return this.#presses
  }

  /** Takes a segment, in the order of the capture; it is left as it is. */
  take(segment: Segment): void {
    const { over, payload } = segment
    if (payload.length === 0) return
    if (over === 'udp') this.#read(Buffer.from(payload), segment)
    else this.#takeTcp(segment)
  }

  #takeTcp(segment: Segment): void {
    const { from, to, payload, sequence } = segment
    const key = `${from} ${to}`
    const way = this.#ways.get(key) ?? { framer: undefined, next: sequence }
    this.#ways.set(key, way)
    // What was sent again is left out; a capture that begins in mid-stream, or has a hole, is taken up where a message begins.
    const known = Math.max(0, (way.next - sequence) | 0)
    if (known >= payload.length) return
    const news = Buffer.from(payload.subarray(known))
    way.next = (sequence + payload.length) | 0
    if (way.framer === undefined && beginsMessage(news)) way.framer = createFramer()
    for (const framed of way.framer?.push(news) ?? []) {
      if (framed.type === 'message') this.#read(framed.octets, segment)
      else if (framed.type === 'broken') way.framer = undefined
    }
  }

  /** @param octets one message, blanked in place when it is an INFO. */
  #read(octets: Buffer, { atMs, from }: Segment): void {
    let code = -1
    cutInfo(octets, {
      put: (form, body, start, end) => {
        code = infoKey(form, body, start, end)
        return true
      },
      seal: () => undefined,
      read: () => code,
      wipe: () => undefined,
    })
    if (code < 0) return
    // Behind the cut there is nothing but the header.
    const number = numberOf(octets.toString('latin1'))
    if (this.#seen.has(number)) return
    this.#seen.add(number)
    this.#presses.push({ atMs, from, code })
  }
}

function beginsMessage(octets: Buffer): boolean {
  return START_LINE.test(octets.toString('latin1', 0, START_MAX))
}

/** What a request has that was sent again, by whatever hop: the dialog, who speaks in it, and the number. */
function numberOf(header: string): string {
  const value = (name: string) => new RegExp(`^(?:${name})[\\t ]*:[\\t ]*([^\\r\\n]*)`, 'im').exec(header)?.[1]?.trim()
  return [value('call-id|i'), value('from|f'), value('cseq')].join('\n')
}
