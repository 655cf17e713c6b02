/** What the person at the terminal is told once everything runs: what listens where, and what this machine cannot protect. */

import type { Config } from '../base/config.ts'
import { keysInTheClear } from './clear-keys.ts'
import { readValidation } from './validation-files.ts'

export type Introduced = {
  readonly sip: readonly { readonly transport: string; readonly address: string; readonly port: number }[]
  /** The one that is listened on, which the system may have chosen. */
  readonly httpPort: number
  /** A line for each media process. */
  readonly media: readonly string[]
  /** Protections that a vault lacks. */
  readonly missing: readonly string[]
  /** Records of secure sessions can be written. */
  readonly isAudited: boolean
}

/** @returns the lines. */
export function introduction(
  config: Config,
  { sip, httpPort, media, missing, isAudited }: Introduced,
): readonly string[] {
  const { http, audit, secureInput } = config
  return [
    ...sip.map(({ transport, address, port }) => `SIP over ${transport} at ${address}:${port}`),
    `HTTP${http.tls === undefined ? '' : 'S'} at ${http.address}:${httpPort}`,
    ...media,
    missing.length === 0 ? 'Vault: every protection is in force.' : `Vault: without ${missing.join(', ')}.`,
    isAudited
      ? `Secure sessions are recorded in ${audit.folder}.`
      : `No secure session can start: its record could not be written to ${audit.folder}. The log says why.`,
    ...(readValidation(secureInput.validation) !== undefined
      ? []
      : [
          'No secure session can start: secureInput.validation names no readable authority (caFile, caFolder), client certificate or publicKeyFile.',
        ]),
    ...keysInTheClear(config).map(
      (name) => `SRTP is required of ${name}, and its keys travel in the clear: signalling is not TLS.`,
    ),
    'Ready. TERM lets calls finish, INT ends them.',
  ]
}
