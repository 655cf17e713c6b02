/** The HTTP server of control, which writes down where it is reached for as long as it runs. */

import { removeServerAddress, writeServerAddress } from '../base/server-address.ts'
import { startWeb, type Web, type WebOptions, type WebSettings } from '../web/server.ts'

export type { Web } from '../web/server.ts'

/** @param stateFolder where it is written down; undefined for not at all. @throws Fault `web.*` */
export async function openWeb(stateFolder: string | undefined, options: WebOptions): Promise<Web> {
  const web = await startWeb(options)
  const { address } = options
  const write = (tls: WebSettings['tls']) => {
    const at = { address, port: web.port, ...(tls && { certificate: tls.certificate }) }
    if (stateFolder !== undefined) writeServerAddress(stateFolder, at)
  }
  write(options.tls)
  return {
    port: web.port,
    reconfigure(settings) {
      web.reconfigure(settings)
      // Whether TLS is spoken stays as it was.
      if (options.tls !== undefined && settings.tls !== undefined) write(settings.tls)
    },
    async close() {
      if (stateFolder !== undefined) removeServerAddress(stateFolder)
      await web.close()
    },
  }
}
