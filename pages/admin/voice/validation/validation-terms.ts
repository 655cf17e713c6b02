/** Validation services and certificates as the API has them. */

import type { CertificateFacts } from '../../../../src/base/certificate-facts.ts'
import type { ShownCertificate } from '../../../../src/control/certificates-in-use.ts'

export type Service = {
  readonly name: string
  readonly url: string
  readonly format: 'xml' | 'json' | 'sealed'
  readonly timeoutSeconds: number
  readonly retry: string
  readonly retries: number
  readonly reply: 'strict' | 'lenient'
  readonly serverName?: string
  readonly hasClientCertificate: boolean
  readonly pins: number
  readonly usable: boolean
}

export type ChainCertificate = CertificateFacts & { readonly pin: string }
export type TestRow = {
  readonly what: string
  readonly holds: boolean
  readonly figure: string
  readonly advice: string
}
export type Try =
  | { readonly state: 'none' | 'running' }
  | { readonly state: 'failed'; readonly at: string }
  | {
      readonly state: 'done'
      readonly at: string
      readonly passed: boolean
      readonly tookMs: number
      readonly verified: boolean
      readonly whyNot?: string
      readonly chain: readonly ChainCertificate[]
      readonly rows: readonly TestRow[]
    }

export type Certificate = ShownCertificate

/** Where a certificate is shown, for people. */
export const PLACES: Readonly<Record<Certificate['of'], string>> = {
  http: 'the pages and the API',
  'sip-listener': 'phones and trunks that connect',
  trunk: 'a trunk that is connected to',
  validation: 'the validation service',
}

type Standing = { readonly says: string; readonly tone: 'good' | 'warn' | 'bad'; readonly advice: string }

/** @returns how a certificate stands, and what to do. */
export function standingOf({
  state,
  daysLeft = 0,
  validFrom,
}: Pick<Certificate, 'state' | 'daysLeft' | 'validFrom'>): Standing {
  const days = `${Math.abs(daysLeft)} ${Math.abs(daysLeft) === 1 ? 'day' : 'days'}`
  switch (state) {
    case 'valid':
      return { says: `good for ${days}`, tone: 'good', advice: '' }
    case 'expires-soon':
      return {
        says: `expires in ${days}`,
        tone: 'warn',
        advice: 'Put a new one into the file, and reload the configuration.',
      }
    case 'expired':
      return {
        says: 'expired',
        tone: 'bad',
        advice: 'Put a new one into the file, and reload the configuration: others refuse this one.',
      }
    case 'not-yet':
      return {
        says: 'not valid yet',
        tone: 'bad',
        advice: `It begins ${validFrom ?? 'later'}: wait, or look at the clock of this machine.`,
      }
    case 'unreadable':
      return {
        says: 'cannot be read',
        tone: 'bad',
        advice: 'Check the path and its permissions, and that it is a certificate in PEM.',
      }
  }
}

/** What to do about a verdict of TLS, by its word. */
const REMEDIES: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [/EXPIRED/i, 'The certificate of the service has expired: whoever runs it has to renew it.'],
  [/NOT_YET/i, 'It is not valid yet: look at the clocks of both machines.'],
  [
    /ALTNAME|HOSTNAME/i,
    'It is for another name: correct secureInput.validation.url, or set serverName to a name that stands in it.',
  ],
  [
    /SELF_SIGNED|UNABLE_TO|ISSUER|SIGNATURE/i,
    'Its authority is not among those that you trust: put the certificate of the authority into the file of secureInput.validation.caFile.',
  ],
  [
    /PIN_MISMATCH/,
    'Its key is none of secureInput.validation.pins: add the pin shown below, if whoever runs the service confirms it.',
  ],
  [
    /in time|ECONN|ENOTFOUND|EAI|EHOST|ENET|closed|no TLS/i,
    'It was not reached: look at secureInput.validation.url, at the firewall, and whether the service runs.',
  ],
]

/** @returns what to do when a service is not trusted. */
export function remedyFor(whyNot: string): string {
  return REMEDIES.find(([pattern]) => pattern.test(whyNot))?.[1] ?? 'Ask whoever runs the service what it shows.'
}
