/**
 * SIP messages as a ladder: a line of dots for each end, Sotto first, and an arrow a message from its sender to its receiver. Ends get
 * their place in the order in which they appear; a line of names is printed when one does. Pure but for what a ladder remembers.
 */

export type Rung = {
  /** ISO 8601. */
  readonly at: string
  readonly direction: 'in' | 'out'
  /** Address and port of the far end. */
  readonly far: string
  /** Start line and headers. */
  readonly head: string
}

export type Ladder = {
  /** @returns the lines of a message. */
  draw(rung: Rung): readonly string[]
}

const LANE_CHARS = 32
const TIME_CHARS = 14
/** Ends that have a place at once; further ones take that of who was silent for the longest. */
const MOST_ENDS = 5
const OWN = 'Sotto'
/** Of the times. */
const ZONE = 'UTC'

/** @returns a ladder with nobody on it. */
export function createLadder(): Ladder {
  /** Places by the end, the longest silent first. */
  const places = new Map<string, number>()
  const placeOf = (far: string): { readonly place: number; readonly isNew: boolean } => {
    const found = places.get(far)
    const [oldest] = places.entries()
    const place = found ?? (places.size < MOST_ENDS || oldest === undefined ? places.size + 1 : oldest[1])
    if (found === undefined && places.size >= MOST_ENDS && oldest !== undefined) places.delete(oldest[0])
    places.delete(far)
    places.set(far, place)
    return { place, isNew: found === undefined }
  }
  return {
    draw({ at, direction, far, head }) {
      const { place, isNew } = placeOf(far)
      const lanes = Math.max(...places.values())
      const arrow = arrowOf(saysOf(head), place * LANE_CHARS - 1, direction === 'out')
      const rest = Array.from({ length: lanes - place }, () => `${' '.repeat(LANE_CHARS - 1)}|`).join('')
      const line = `${at.slice(11, 23).padEnd(TIME_CHARS)}|${arrow}|${rest}`
      return isNew ? ['', namesLine(places, lanes), line] : [line]
    },
  }
}

/** @returns what stands on an arrow: method and dialled name, or status and reason; and CSeq, which tells one from another. */
function saysOf(head: string): string {
  const [first = ''] = head.split('\r\n', 1)
  const [, cseq = ''] = /^cseq[\t ]*:[\t ]*([^\r\n]{1,40})/im.exec(head) ?? []
  const [number = '', method = ''] = cseq.trim().split(/\s+/)
  const status = /^SIP\/2\.0 (\d{3}) ([^\r\n]*)/.exec(first)
  if (status !== null) return printable(`${status[1]} ${status[2]} (${number} ${method})`)
  const [asked = '', uri = ''] = first.split(' ')
  const [, user] = /^(?:sips?|tel):([^@;>]*)@?/i.exec(uri) ?? []
  return printable(`${asked}${asked === 'INVITE' && user !== undefined ? ` ${user}` : ''} (${number})`)
}

function arrowOf(says: string, width: number, isOut: boolean): string {
  const text = ` ${says.slice(0, Math.max(1, width - 5))} `
  const line = text.padStart(text.length + 1, '-').padEnd(width - 1, '-')
  return isOut ? `${line}>` : `<${line}`
}

function namesLine(places: ReadonlyMap<string, number>, lanes: number): string {
  const names = Array.from({ length: lanes }, (_, at) => [...places].find(([, place]) => place === at + 1)?.[0] ?? '')
  const own = OWN.padEnd(LANE_CHARS - 1)
  const [first = '', ...rest] = names
  const ends = [first, ...rest].map((name) => name.slice(0, LANE_CHARS - 1).padEnd(LANE_CHARS))
  return `${ZONE.padEnd(TIME_CHARS)}${own} ${ends.join('')}`.trimEnd()
}

/** What came from the wire must not steer a terminal. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?')
}
