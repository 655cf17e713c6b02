/** The HTTP server of control, which writes down where it is reached for as long as it runs. */

import { removeServerAddress, writeServerAddress } from '../base/server-address.ts'
import { startWeb, type Web, type WebOptions, type WebSettings } from '../web/server.ts'

export type { Web } from '../web/server.ts'

/** @throws Fault `web.*` */
export async function openWeb(stateFolder: string, options: WebOptions): Promise<Web> {
  const web = await startWeb(options)
  const { address } = options
  const write = (tls: WebSettings['tls']) =>
    writeServerAddress(stateFolder, { address, port: web.port, ...(tls && { certificate: tls.certificate }) })
  write(options.tls)
  return {
    port: web.port,
    reconfigure(settings) {
      web.reconfigure(settings)
      // Whether TLS is spoken stays as it was.
      if (options.tls !== undefined && settings.tls !== undefined) write(settings.tls)
    },
    async close() {
      removeServerAddress(stateFolder)
      await web.close()
    },
  }
}
