/** A caller in SRTP and an agent in plain RTP, in a stepped room: what the tests of protected ports begin with. */

import type { SrtpKeys } from '../../src/base/srtp-suites.ts'
import type { Stream } from '../../src/media/contract.ts'
import { writeHeader } from '../../src/rtp/packet.ts'
import { type SrtpEnd, speakSrtp, srtpEnd, srtpKeys } from './srtp-end.ts'
import { type Phone, type SteppedRoom, steppedRoom } from './stepped-room.ts'

export const UNHEARD = -45
export const SUITE = 'AES_CM_128_HMAC_SHA1_80'

type Legs = {
  readonly stepped: SteppedRoom
  readonly caller: Phone
  readonly agent: Phone
  readonly end: SrtpEnd
  readonly keys: SrtpKeys
  /** The caller's far end gets other keys. */
  readonly become: (other: SrtpEnd) => void
}

/** A caller in SRTP and an agent in plain RTP, joined; nobody talks yet. */
export async function legs(suite: SrtpKeys['suite'] = SUITE, stream: Partial<Stream> = {}): Promise<Legs> {
  const stepped = await steppedRoom()
  const keys = srtpKeys(suite)
  const end = srtpEnd(keys)
  const caller = await stepped.phone('caller', { humHz: 620, stream: { srtp: keys, latch: 'first', ...stream } })
  const agent = await stepped.phone('agent', { humHz: 440 })
  await stepped.join('caller', 'agent')
  return { stepped, caller, agent, end, keys, become: speakSrtp(caller, end) }
}

export async function statsOf(stepped: SteppedRoom) {
  const answer = await stepped.ask({ do: 'stats', portId: 'caller' })
  if (answer.type !== 'stats') throw new Error(answer.type)
  return answer.stats
}

export function rtp(seq: number, source = 77): Uint8Array {
  const packet = new Uint8Array(172)
  writeHeader(packet, 8, false, seq, seq * 160, source)
  return packet
}
