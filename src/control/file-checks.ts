/** What is wrong with the files that a configuration names, certificates among them: for a reload and `sotto config check` alike. */

import type { Config, ConfigProblem } from '../base/config.ts'
import { type ConfigFiles, fileProblems } from '../base/config-files.ts'
import { asFault } from '../base/fault.ts'
import { isTlsPair } from '../base/tls-pair.ts'
import { certificateFileProblems } from '../record/certificate-files.ts'
import { createSipCertificates } from './sip-certificates.ts'

/** @param wallMs milliseconds since 1970. @returns what is wrong, nothing when all of it can be used. */
export function everyFileProblem(config: Config, files: ConfigFiles, wallMs: () => number): ConfigProblem[] {
  return [
    ...fileProblems(config, files),
    ...certificateProblems(config, files, wallMs),
    ...webCertificateProblems(config, files),
    ...certificateFileProblems(config.recording.certificates, wallMs(), files.read),
  ]
}

/** Those of SIP over TLS, the first that cannot be used. @throws nothing */
export function certificateProblems(
  config: Config,
  { read }: Pick<ConfigFiles, 'read'>,
  wallMs: () => number,
): ConfigProblem[] {
  const readOrThrow = (path: string): string => {
    const text = read(path)
    if (text === undefined) throw new Error('it cannot be read')
    return text
  }
  try {
    const files = { read: readOrThrow, stamp: () => '' }
    createSipCertificates(config, files, { now: () => 0 }, wallMs, () => undefined).load()
    return []
  } catch (thrown) {
    const { row, detail } = asFault(thrown)
    const owner = typeof detail['owner'] === 'string' ? detail['owner'] : undefined
    const trunk = config.trunks.findIndex(({ name }) => name === owner)
    const key = trunk < 0 ? 'sip' : `trunks[${trunk}].outbound.tls`
    return [{ key, says: `${row.title}${owner === undefined ? '' : ` (${owner})`}.`, advice: row.advice }]
  }
}

/** One that is not there or may not be read has been told of already. */
function webCertificateProblems({ http: { tls } }: Config, { read, access }: ConfigFiles): ConfigProblem[] {
  if (tls === undefined || [tls.certFile, tls.keyFile].some((path) => access?.(path) !== 'open')) return []
  if (isTlsPair(read(tls.certFile) ?? '', read(tls.keyFile) ?? '')) return []
  const advice = 'Give a certificate and its key, both PEM.'
  return [{ key: 'http.tls', says: 'The certificate or its key cannot be used.', advice }]
}
