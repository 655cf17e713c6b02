/** Which policy of SRTP a leg has, by who is at its other end; and the keys it begins with. */

import type { SrtpPolicy } from '../base/config-schema.ts'
import type { RandomBytes } from '../base/ids.ts'
import { srtpSuite } from '../base/srtp-suites.ts'
import type { LocalSrtp } from '../sip/srtp-terms.ts'
import type { CallConfig } from './call-world.ts'

type PolicyConfig = Pick<CallConfig, 'media' | 'trunks'>

/** @returns the policy of a trunk; of phones, PBXs too, without one. An unknown trunk has none to offer. */
export function srtpPolicyOf({ media, trunks }: PolicyConfig, trunk: string | undefined): SrtpPolicy {
  if (trunk === undefined) return media.srtp.phones
  return trunks.find(({ name }) => name === trunk)?.srtp ?? 'off'
}

/** @returns our keys for a dialog, one for each suite; undefined where plain RTP alone is spoken. */
export function localSrtp({ media }: PolicyConfig, policy: SrtpPolicy, random: RandomBytes): LocalSrtp | undefined {
  if (policy === 'off') return undefined
  const sizes = media.srtp.suites.map((suite) => srtpSuite(suite).keySize + srtpSuite(suite).saltSize)
  const drawn = random(sizes.reduce((sum, size) => sum + size, 0))
  let at = 0
  const keys = media.srtp.suites.map((suite, each) => {
    const from = at
    at += sizes[each] ?? 0
    return { suite, master: drawn.subarray(from, at) }
  })
  return { required: policy === 'required', keys }
}
