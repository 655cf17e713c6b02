/** What a search finds on the wire. */

import type { Milliseconds } from '../base/units.ts'

/** Who sent it and to whom: address and port, IPv6 in brackets. */
type Direction = { readonly from: string; readonly to: string }

/** A form of the number: in octets that went one way, or in the keys that were pressed one way. */
export type CaptureFind = Direction & { readonly form: string; readonly over: 'udp' | 'tcp' | 'keys' }

/** A press of a key, whatever key it is. */
export type CapturePress = Direction & {
  readonly atMs: Milliseconds
  readonly by: 'event' | 'tone' | 'info'
  /** RFC 4733 event code, 0 to 15. */
  readonly code: number
}
