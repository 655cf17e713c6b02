/** Which running server a command speaks to, and with which tokens. */

import { type ConfigScope, configured, readText, type WriteLine } from './configured.ts'
import { isThere } from './health.ts'
import { addressOf, apiOf, writtenAddress } from './server-address.ts'

export type ServerChoice = {
  /** Its HTTP API; that of the configuration when absent. */
  readonly api?: string
  /** File with a token for it; those of the configuration when absent. */
  readonly tokenFile?: string
}

export type Server = {
  readonly api: string
  /** That it has, PEM; undefined where that is not known, or it has none. */
  readonly certificate: string | undefined
  /** One of them at least. */
  readonly tokens: readonly [string, ...string[]]
}

/** @returns address and tokens: given, or those of the configuration that the server has; undefined after having said what is wrong. */
export async function serverOf(choice: ServerChoice & ConfigScope, write: WriteLine): Promise<Server | undefined> {
  const { api, tokenFile } = choice
  const given = tokenFile === undefined ? undefined : readText(tokenFile)?.trim()
  if (tokenFile !== undefined && given === undefined) {
    write(`${tokenFile} cannot be read.`)
    return undefined
  }
  if (api !== undefined && given !== undefined) return { api, certificate: undefined, tokens: [given] }
  const settings = configured(choice, write)
  if (settings === undefined) return undefined
  const { http } = settings
  const [token, ...more] = given === undefined ? http.tokens.map((each) => each.token.reveal()) : [given]
  if (token === undefined) {
    write('There is no token in http.tokens: give one with --token-file.')
    return undefined
  }
  if (api !== undefined) return { api, certificate: undefined, tokens: [token, ...more] }
  const written = writtenAddress(choice)
  const at = written !== undefined && (await isThere(apiOf(written))) ? written : addressOf(http)
  return { api: apiOf(at), certificate: at.certificate, tokens: [token, ...more] }
}
