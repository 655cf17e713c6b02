/** What the person at the terminal is told once everything runs: what listens where, and what this machine cannot protect. */

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
    'Ready. TERM lets calls finish, INT ends them.',
  ]
}
