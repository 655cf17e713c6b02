/** What the person at the terminal is told once everything runs: what listens where, and what this machine cannot protect. */

import type { Config } from '../base/config.ts'
import type { Log } from '../base/log.ts'
import type { FirstRun } from '../people/index.ts'
import { keysInTheClear } from './clear-keys.ts'
import { firstLink } from './first-run.ts'
import { validates } from './validation-files.ts'

export type Introduced = {
  readonly sip: readonly { readonly transport: string; readonly address: string; readonly port: number }[]
  readonly http: { readonly isTls: boolean; readonly address: string; readonly port: number }
  /** A line for each media process. */
  readonly media: readonly string[]
  /** Protections that a vault lacks. */
  readonly missing: readonly string[]
  readonly audit: { readonly available: boolean; readonly folder: string }
  /** There is a validation service, with everything that it needs. */
  readonly validates: boolean
  /** Trunks, and phones, whose keys of SRTP anybody on the way can read. */
  readonly keysInTheClear: readonly string[]
  /** Makes the first administrator; undefined where somebody can let others in. */
  readonly firstLink: string | undefined
}

export type Introducing = Pick<Introduced, 'sip' | 'media' | 'missing'> & {
  readonly config: Config
  /** Of HTTP. */
  readonly port: number
  /** Secure sessions can be recorded just now. */
  readonly records: boolean
  readonly firstRun: Pick<FirstRun, 'begin'>
  readonly log: Pick<Log, 'warn'>
  readonly say: (line: string) => void
}

/** Says it, and logs what is no secret of it; where nobody is there, a link that makes the first administrator is good from now on. */
export function introduce({ config, port, records, firstRun, log, say, ...running }: Introducing): void {
  const { http, audit } = config
  const clear = keysInTheClear(config)
  for (const name of clear) log.warn('sip.keys-in-the-clear', { trunk: name })
  const secret = firstRun.begin()
  const lines = introduction({
    ...running,
    http: { isTls: http.tls !== undefined, address: http.address, port },
    audit: { available: records, folder: audit.folder },
    validates: validates(config),
    keysInTheClear: clear,
    firstLink: secret === undefined ? undefined : firstLink(http, port, secret),
  })
  for (const line of lines) say(line)
}

/** @returns the lines. */
export function introduction({
  sip,
  http,
  media,
  missing,
  audit,
  validates,
  keysInTheClear,
  firstLink,
}: Introduced): readonly string[] {
  return [
    ...sip.map(({ transport, address, port }) => `SIP over ${transport} at ${address}:${port}`),
    `HTTP${http.isTls ? 'S' : ''} at ${http.address}:${http.port}`,
    ...media,
    missing.length === 0 ? 'Vault: every protection is in force.' : `Vault: without ${missing.join(', ')}.`,
    audit.available
      ? `Secure sessions are recorded in ${audit.folder}.`
      : `No secure session can start: its record could not be written to ${audit.folder}. The log says why.`,
    ...(validates
      ? []
      : [
          'No secure session can start: secureInput.validation names no readable authority (caFile, caFolder), client certificate or publicKeyFile.',
        ]),
    ...keysInTheClear.map(
      (name) => `SRTP is required of ${name}, and its keys travel in the clear: signalling is not TLS.`,
    ),
    ...(firstLink === undefined
      ? []
      : ['Nobody can log in yet. This link makes the administrator, once and within an hour:', `  ${firstLink}`]),
    'Ready. TERM lets calls finish, INT ends them.',
  ]
}
