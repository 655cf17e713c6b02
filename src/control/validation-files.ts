/**
 * The validation service as the vault needs it: its URL taken apart, and the certificates of the configuration read from their files.
 * Read anew for each secure session, so that a changed certificate needs no restart (PC-54).
 * Old and new authorities in one folder are trusted side by side.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../base/config.ts'
import { readSealingKey, type SealingKeyRead } from '../base/sealing-key.ts'
import { isTlsPair } from '../base/tls-pair.ts'
import type { Validation } from '../vault/contract.ts'

type ValidationConfig = Config['secureInput']['validation']

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g
const DEFAULT_PORT = 443

/**
 * @returns the service, or undefined when it cannot be used: no authority is configured or readable, the host is not allowed, or
 * a client certificate or the key to seal with cannot be used. The vault trusts the given authorities alone, so without one there is nobody to talk to.
 */
export function readValidation(config: ValidationConfig): Validation | undefined {
  const url = new URL(config.url)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (config.allowHosts.length > 0 && !config.allowHosts.includes(host)) return undefined
  const authorities = readAuthorities(config)
  if (authorities.length === 0) return undefined
  const client = readClientCertificate(config)
  const sealingKey = config.format === 'sealed' ? sealingKeyOf(config) : undefined
  if (client === 'unusable' || sealingKey === 'unusable') return undefined
  return {
    host,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    path: `${url.pathname}${url.search}`,
    authorities,
    timeoutMs: config.timeoutSeconds * 1000,
    format: config.format,
    reply: config.reply,
    pins: config.pins,
    retry: config.retry,
    retries: config.retries,
    ...(sealingKey === undefined ? {} : { sealingKey }),
    ...(config.serverName === undefined ? {} : { serverName: config.serverName }),
    ...(client === undefined ? {} : { clientCertificate: client }),
  }
}

/** Every certificate in the file and in the folder's `.pem`, `.crt` and `.cer` files, in PEM. */
function readAuthorities({ caFile, caFolder }: ValidationConfig): readonly string[] {
  const files = [
    ...(caFile === undefined ? [] : [caFile]),
    ...(caFolder === undefined ? [] : folderFiles(caFolder).map((name) => join(caFolder, name))),
  ]
  return files.flatMap((file) => readText(file)?.match(CERTIFICATE) ?? [])
}

function folderFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /\.(pem|crt|cer)$/i.test(name))
  } catch {
    return []
  }
}

function readClientCertificate({ clientCertFile, clientKeyFile }: ValidationConfig) {
  if (clientCertFile === undefined || clientKeyFile === undefined) return undefined
  const certificate = readText(clientCertFile)
  const key = readText(clientKeyFile)
  const usable = certificate !== undefined && key !== undefined && isTlsPair(certificate, key)
  return usable ? { certificate, key } : 'unusable'
}

function sealingKeyOf({ publicKeyFile }: ValidationConfig): SealingKeyRead | 'unusable' {
  const text = publicKeyFile === undefined ? undefined : readText(publicKeyFile)
  const key = text === undefined ? undefined : readSealingKey(text)
  return key === undefined || typeof key === 'string' ? 'unusable' : key
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Whether there is a validation service, with everything that it needs. */
export function validates({ secureInput }: Pick<Config, 'secureInput'>): boolean {
  return readValidation(secureInput.validation) !== undefined
}
