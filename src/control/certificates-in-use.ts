/** Which certificates this server shows to others, and how long they are good. No key, and nothing of one. */

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type CertificateFacts, certificateFacts } from '../base/certificate-facts.ts'
import type { Config } from '../base/config.ts'
import { isOverTls } from '../base/sip-uri-words.ts'

export type ShownCertificate = {
  /** Where it is shown. */
  readonly of: 'http' | 'sip-listener' | 'trunk' | 'validation'
  /** Such as `wss 0.0.0.0:443`, or the name of a trunk. */
  readonly name: string
  readonly file: string
  readonly state: 'valid' | 'expires-soon' | 'expired' | 'not-yet' | 'unreadable'
  readonly daysLeft?: number
} & Partial<CertificateFacts>

const DAY_MS = 86_400_000
const SOON_DAYS = 30

/** @returns every one of a configuration, read anew. */
export function certificatesInUse(config: Config, nowMs: number): readonly ShownCertificate[] {
  const { http, sip, trunks, secureInput } = config
  const listeners = sip.listeners.flatMap(({ transport, address, port, certificateFile, moreCertificates }) =>
    isOverTls(transport)
      ? [certificateFile, ...moreCertificates.map((each) => each.certificateFile)].map(
          (file) => ['sip-listener', `${transport} ${address}:${port}`, file] as const,
        )
      : [],
  )
  const found = [
    ['http', `https ${http.address}:${http.port}`, http.tls?.certFile] as const,
    ...listeners,
    ...trunks.map(({ name, outbound }) => ['trunk', name, outbound?.tls?.certificateFile] as const),
    ['validation', 'default', secureInput.validation.clientCertFile] as const,
  ]
  return found.flatMap(([of, name, file]) => (file === undefined ? [] : [{ of, name, file, ...factsOf(file, nowMs) }]))
}

function factsOf(file: string, nowMs: number): Pick<ShownCertificate, 'state'> & Partial<CertificateFacts> {
  try {
    // The first of a file is the server's own; those behind it lead to its authority.
    const certificate = new X509Certificate(readFileSync(file))
    const leftMs = certificate.validToDate.getTime() - nowMs
    const daysLeft = Math.floor(leftMs / DAY_MS)
    const isEarly = certificate.validFromDate.getTime() > nowMs
    const state = isEarly ? 'not-yet' : leftMs < 0 ? 'expired' : daysLeft < SOON_DAYS ? 'expires-soon' : 'valid'
    return { state, daysLeft, ...certificateFacts(certificate) } as ReturnType<typeof factsOf>
  } catch {
    return { state: 'unreadable' }
  }
}
