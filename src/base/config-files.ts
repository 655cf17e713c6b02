/**
 * What the paths of a configuration lead to: whether there is something, whether a key to seal with is one, and whether TLS can use the client
 * certificate. Certificates of recordings are read by their own room (`record/certificate-files.ts`).
 */

import { accessSync, constants, readFileSync } from 'node:fs'
import type { Config } from './config-schema.ts'
import type { ConfigProblem } from './config-sources.ts'
import { readSealingKey } from './sealing-key.ts'
import { isTlsPair } from './tls-pair.ts'

export type ConfigFiles = {
  /** @returns the text of a file, undefined when it cannot be read. */
  readonly read: (path: string) => string | undefined
  /** @returns whether there is a file or folder, and this user may read it; absent when paths are not to be looked at. */
  readonly access?: (path: string) => Access
}

export type Access = 'open' | 'closed' | 'none'

/** Those of the disk. */
export const diskFiles: Required<ConfigFiles> = {
  read(path) {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return undefined
    }
  },
  access(path) {
    try {
      accessSync(path, constants.R_OK)
      return 'open'
    } catch (thrown) {
      return thrown instanceof Error && 'code' in thrown && thrown.code === 'EACCES' ? 'closed' : 'none'
    }
  },
}

/** @returns what is wrong with the files and folders that a configuration names. */
export function fileProblems(config: Config, { read, access }: ConfigFiles): ConfigProblem[] {
  return [...closedPaths(config, access), ...wrongKey(config, read), ...wrongPair(config, read)]
}

/** The key to seal with is read as `sotto start` would; one that is not there has been told of already. */
function wrongKey({ secureInput }: Config, read: ConfigFiles['read']): ConfigProblem[] {
  const { publicKeyFile } = secureInput.validation
  const text = publicKeyFile === undefined ? undefined : read(publicKeyFile)
  const key = text === undefined ? undefined : readSealingKey(text)
  if (typeof key !== 'string') return []
  const advice = 'Ask the people who run the back end for its public encryption key.'
  return [{ key: 'secureInput.validation.publicKeyFile', says: key, advice }]
}

/** A client certificate that TLS cannot load would fail every session, when the caller has keyed everything. What is not there has been told of already. */
function wrongPair({ secureInput }: Config, read: ConfigFiles['read']): ConfigProblem[] {
  const { clientCertFile, clientKeyFile } = secureInput.validation
  const [certificate, key] = [clientCertFile, clientKeyFile].map((path) =>
    path === undefined ? undefined : read(path),
  )
  if (certificate === undefined || key === undefined || isTlsPair(certificate, key)) return []
  const says = 'TLS cannot use this certificate with the key in clientKeyFile.'
  const advice = 'Give a certificate and the key it was issued for, both PEM, the key without a password.'
  return [{ key: 'secureInput.validation.clientCertFile', says, advice }]
}

const WRONG: Readonly<Record<Exclude<Access, 'open'>, Pick<ConfigProblem, 'says' | 'advice'>>> = {
  none: { says: 'There is nothing at this path.', advice: 'Correct the path, or put the file there.' },
  closed: { says: 'This user may not read it.', advice: 'Let the user that Sotto runs as read it, and its folder.' },
}

function closedPaths(config: Config, access: ConfigFiles['access']): ConfigProblem[] {
  if (access === undefined) return []
  const { holdMusic } = config.media
  const { promptsFolder, validation } = config.secureInput
  const { caFile, caFolder, clientCertFile, clientKeyFile, publicKeyFile } = validation
  const inside = 'secureInput.validation'
  const named: [string, string | undefined][] = [
    ['media.holdMusic', holdMusic],
    ['secureInput.promptsFolder', promptsFolder],
    [`${inside}.caFile`, caFile],
    [`${inside}.caFolder`, caFolder],
    [`${inside}.clientCertFile`, clientCertFile],
    [`${inside}.clientKeyFile`, clientKeyFile],
    [`${inside}.publicKeyFile`, publicKeyFile],
    ['people.openidConnect.caFile', config.people.openidConnect?.caFile],
    ['http.addInsFolder', config.http.addInsFolder],
    ['http.lookups.caFile', config.http.lookups.caFile],
    ['http.tls.certFile', config.http.tls?.certFile],
    ['http.tls.keyFile', config.http.tls?.keyFile],
  ]
  return named.flatMap(([key, path]) => {
    const found = path === undefined ? 'open' : access(path)
    return found === 'open' ? [] : [{ key, ...WRONG[found] }]
  })
}
