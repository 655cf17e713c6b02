/** Which running server a command speaks to, and with which tokens. */

import type { Config } from '../base/config.ts'
import { type ConfigScope, configured, readText, type WriteLine } from './configured.ts'

export type ServerChoice = {
  /** Its HTTP API; that of the configuration when absent. */
  readonly api?: string
  /** File with a token for it; those of the configuration when absent. */
  readonly tokenFile?: string
}

export type Server = {
  readonly api: string
  /** One of them at least. */
  readonly tokens: readonly [string, ...string[]]
}

export type End = { readonly address: string; readonly port: number }

/** @returns address and tokens: given, or those of the configuration that the server has; undefined after having said what is wrong. */
export function serverOf(choice: ServerChoice & ConfigScope, write: WriteLine): Server | undefined {
  const { api, tokenFile } = choice
  const given = tokenFile === undefined ? undefined : readText(tokenFile)?.trim()
  if (tokenFile !== undefined && given === undefined) {
    write(`${tokenFile} cannot be read.`)
    return undefined
  }
  if (api !== undefined && given !== undefined) return { api, tokens: [given] }
  const settings = configured(choice, write)
  if (settings === undefined) return undefined
  const { http } = settings
  const [token, ...more] = given === undefined ? http.tokens.map((each) => each.token.reveal()) : [given]
  if (token === undefined) {
    write('There is no token in http.tokens: give one with --token-file.')
    return undefined
  }
  return { api: api ?? apiOf(http), tokens: [token, ...more] }
}

/** @returns where this machine reaches the HTTP API of a configuration. */
export function apiOf({ address, port, tls }: Config['http']): string {
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[address] ?? address
  return `http${tls === undefined ? '' : 's'}://${nameOf({ address: host, port })}`
}

/** @returns an address and a port as they stand in a URL. */
export function nameOf({ address, port }: End): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}
