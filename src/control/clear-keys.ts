/**
 * Where SRTP is required and its keys would travel in the clear: SDES puts them into the session description (RFC 4568 section 7), so sound is as
 * safe as the signalling, and no safer. Pure.
 */

import type { Config } from '../base/config.ts'
import { isOverTls, leadsOverTls } from '../base/sip-uri-words.ts'

/** @returns names of the trunks, and `phones`, that ask for SRTP over signalling that anybody on the way can read. */
export function keysInTheClear({ sip, media, trunks }: Pick<Config, 'sip' | 'media' | 'trunks'>): readonly string[] {
  const hasTls = sip.listeners.some(({ transport }) => isOverTls(transport))
  const isClear = ({ outbound }: Config['trunks'][number]) =>
    !hasTls || (outbound !== undefined && !leadsOverTls(outbound.uri))
  const names = trunks.filter((trunk) => trunk.srtp === 'required' && isClear(trunk)).map(({ name }) => name)
  return media.srtp.phones === 'required' && !hasTls ? [...names, 'phones'] : names
}
