/** Which trunk a source address belongs to. */

import { plainAddress } from '../base/source-address.ts'
import type { Trunk } from './options.ts'
import type { SipPeer } from './session.ts'
import { isWebSocket } from './transport.ts'
import { parseHostPort } from './uri.ts'

/** @returns a function that finds the trunk of a source; one that names the port too goes before one that does not. */
export function createTrunkFinder(trunks: readonly Trunk[]): (source: SipPeer) => Trunk | undefined {
  const byAddress = new Map<string, Trunk>()
  for (const trunk of trunks) {
    for (const text of trunk.addresses) {
      const { host, port } = read(text)
      const key = port === undefined ? host : `${host} ${port}`
      if (!byAddress.has(key)) byAddress.set(key, trunk)
    }
  }
  // A page that somebody on a trunk's address looks at is no trunk: who comes by WebSocket proves himself.
  return (source) =>
    isWebSocket(source.transport)
      ? undefined
      : (byAddress.get(`${source.address} ${source.port}`) ?? byAddress.get(source.address))
}

function read(text: string): { readonly host: string; readonly port: number | undefined } {
  const bare = text.split(':').length > 2 && !text.startsWith('[')
  const { host, port } = (bare ? undefined : parseHostPort(text)) ?? { host: text, port: undefined }
  return { host: plainAddress(host), port }
}
