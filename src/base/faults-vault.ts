/** Faults of vaults and of the validation they ask for; rows of the table in `faults.ts`. */

import type { FaultRow } from './fault-row.ts'

export const vaultFaults = {
  'vault.not-available': {
    sip: 503,
    http: 503,
    blame: 'server',
    level: 'error',
    title: 'Secure input is not available',
    advice: 'Check that the vault process runs and is not out of memory; calls go on without it.',
  },
  'vault.cannot-start': {
    sip: 500,
    http: 500,
    blame: 'server',
    level: 'error',
    title: 'No vault process could be started',
    advice: 'Check that sodium-native is installed for this machine and that the program may start Node.',
  },
  'vault.prompts-missing': {
    sip: 500,
    http: 500,
    blame: 'server',
    level: 'error',
    title: 'Prompts are missing',
    advice:
      'Run "sotto prompts check" and build or record the clips it names, or make them on the page Prompts of the administration (/admin/#/prompts).',
  },
  'vault.bad-plan': {
    sip: 500,
    http: 400,
    blame: 'client',
    level: 'error',
    title: 'The secure session cannot be carried out as configured',
    advice:
      'Check the fields, the inserts (no control characters, 16 kB in all) and the host of the validation service.',
  },
  'vault.lost': {
    sip: 500,
    http: 502,
    blame: 'server',
    level: 'error',
    title: 'The vault process was lost',
    advice: 'Nothing was kept; a new process starts by itself. Begin the secure session again.',
  },
  'vault.defect': {
    sip: 500,
    http: 500,
    blame: 'server',
    level: 'error',
    title: 'A vault ended a secure session for an error of its own',
    advice:
      'Everything was wiped. Run "sotto config check" and "sotto flows check"; if they find nothing, report it with this log.',
  },
  'vault.unprotected': {
    sip: 500,
    http: 503,
    blame: 'server',
    level: 'error',
    title: 'A vault lacks a protection, or claims one that it does not have',
    advice:
      'Give the service the rights that docs/AUDIT.md names, and restart; with vault.requireProtections warn sessions go on.',
  },
  'secure.submitting': {
    sip: 491,
    http: 409,
    blame: 'client',
    level: 'info',
    title: 'The validation service has the entry, which cannot be called back',
    advice:
      'Wait for its answer; it comes within secureInput.validation.timeoutSeconds, and the session goes on with it.',
  },
  'validation.test-runs': {
    sip: 409,
    http: 409,
    blame: 'client',
    level: 'info',
    title: 'The validation service is being tried already',
    advice: 'Wait for what that comes to: GET the same address.',
  },
  'validation.not-usable': {
    sip: 409,
    http: 409,
    blame: 'server',
    level: 'warn',
    title: 'There is no validation service that could be tried',
    advice:
      'Set secureInput.validation: a URL whose host is allowed, an authority in caFile or caFolder, and keys that can be read.',
  },
  'validation.no-test-card': {
    sip: 400,
    http: 422,
    blame: 'client',
    level: 'info',
    title: 'Only published test cards may be sent',
    advice:
      'Leave the numbers out, or take them from docs/VALIDATION.md; nothing was sent, and nothing of it was kept.',
  },
  'validation.unreachable': {
    sip: 500,
    http: 502,
    blame: 'upstream',
    level: 'warn',
    title: 'The validation service cannot be reached',
    advice: 'Check its host and port, and that the firewall lets the vault out; nothing was sent.',
  },
  'validation.timed-out': {
    sip: 500,
    http: 504,
    blame: 'upstream',
    level: 'warn',
    title: 'The validation service did not answer in time',
    advice: 'Ask its operator whether the transaction was carried out before trying again.',
  },
  'validation.untrusted': {
    sip: 500,
    http: 502,
    blame: 'upstream',
    level: 'error',
    title: 'There is no trusted connection to the validation service',
    advice:
      'It may not speak TLS 1.2, or refuse the client certificate: ask its operator for its log, and check clientCertFile. Nothing was sent, or it was refused unread.',
  },
  'validation.unknown-authority': {
    sip: 500,
    http: 502,
    blame: 'upstream',
    level: 'error',
    title: 'The certificate of the validation service is of an authority that is not trusted',
    advice:
      'Put the authority into caFile or caFolder: "sotto cert fetch HOST:PORT" shows whose it is. Nothing was sent.',
  },
  'validation.wrong-name': {
    sip: 500,
    http: 502,
    blame: 'upstream',
    level: 'error',
    title: 'The certificate of the validation service is for another name',
    advice:
      'Write the name it has into the URL, or into secureInput.validation.serverName, or have a certificate issued for the host. Nothing was sent.',
  },
  'validation.expired': {
    sip: 500,
    http: 502,
    blame: 'upstream',
    level: 'error',
    title: 'The certificate of the validation service is not valid at this time',
    advice:
      'Have it renewed; if "sotto cert fetch" shows that it is valid now, set the clock of this machine. Nothing was sent.',
  },
  'validation.pin-mismatch': {
    sip: 500,
    http: 502,
    blame: 'upstream',
    level: 'error',
    title: 'The validation service has another public key than it should',
    advice:
      'Ask its operator whether the key was changed, and add the new pin to secureInput.validation.pins only then: somebody may stand between. Nothing was sent.',
  },
  'validation.refused': {
    sip: 500,
    http: 502,
    blame: 'upstream',
    level: 'warn',
    title: 'The validation service refused the request',
    advice:
      'It answered with another status than 200; redirects are not followed. Check its URL and secureInput.validation.format.',
  },
  'validation.bad-reply': {
    sip: 500,
    http: 502,
    blame: 'upstream',
    level: 'warn',
    title: 'The reply of the validation service cannot be used',
    advice:
      'It must be what docs/VALIDATION.md describes, or it was lost: ask its operator whether the transaction was carried out, and run "sotto validation test" against it.',
  },
} as const satisfies Record<string, FaultRow>
