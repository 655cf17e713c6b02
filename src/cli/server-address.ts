/** Where the server of a configuration is reached: as it has written down itself, else as the configuration says. */

import { parseDocument } from 'yaml'
import type { Config } from '../base/config.ts'
import { readServerAddress, type ServerAddress } from '../base/server-address.ts'
import { type ConfigScope, configuredPart, readText } from './configured.ts'

export type End = { readonly address: string; readonly port: number }

/** @returns where a server of this configuration runs or has run; undefined where none has written it down. */
export function writtenAddress(scope: ConfigScope): ServerAddress | undefined {
  const folder = configuredPart('audit', scope, () => undefined)?.folder ?? folderInPieces(scope)
  return folder === undefined ? undefined : readServerAddress(folder)
}

/** The folder of the audit where the file cannot be read as a whole: what can be read of it counts, as the environment and the default do. */
function folderInPieces({ config, ...scope }: ConfigScope): string | undefined {
  const text = config === undefined ? undefined : readText(config)
  const folder = text === undefined ? undefined : parseDocument(text).getIn(['audit', 'folder'])
  const audit = typeof folder === 'string' ? { folder } : {}
  return configuredPart('audit', { ...scope, config, text: JSON.stringify({ audit }) }, () => undefined)?.folder
}

/** @returns where a configuration says that its server is. */
export function addressOf({ address, port, tls }: Config['http']): ServerAddress {
  const certificate = tls === undefined ? undefined : (readText(tls.certFile) ?? '')
  return { address, port, ...(certificate === undefined ? {} : { certificate }) }
}

/** @returns where this machine reaches an HTTP API. */
export function apiOf({ address, port, certificate }: ServerAddress): string {
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[address] ?? address
  return `http${certificate === undefined ? '' : 's'}://${nameOf({ address: host, port })}`
}

/** @returns an address and a port as they stand in a URL. */
export function nameOf({ address, port }: End): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}
