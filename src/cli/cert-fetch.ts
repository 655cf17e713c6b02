/**
 * `sotto cert fetch HOST:PORT`: shows the certificates that a server presents, and writes the one to be trusted into a folder once a person
 * has said so (PC-55). It shakes hands and sends nothing. The server is not trusted yet, which is the point: what is shown must be compared
 * with what its operator says, over another way.
 */

import type { X509Certificate } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lookAtChain, pinOf } from '../validation/chain.ts'

export type CertFetchInput = {
  /** `host`, `host:port`, `[address]:port`. */
  readonly target: string
  /** Folder for the certificate; without it nothing is written. */
  readonly out: string | undefined
  /** Writes without asking. */
  readonly yes: boolean
  readonly serverName: string | undefined
  readonly timeoutMs: number
  /** @returns whether a person says yes. */
  readonly ask: (question: string) => Promise<boolean>
}

const DEFAULT_PORT = 443

/** @returns the exit code: 0 shown, and written where asked; 1 not reached, or not written; 2 the arguments are wrong. */
export async function certFetch(input: CertFetchInput, write: (line: string) => void): Promise<number> {
  const target = parseTarget(input.target)
  if (target === undefined) {
    write('Write HOST or HOST:PORT, an IPv6 address in brackets.')
    return 2
  }
  const { serverName, timeoutMs } = input
  const shown = await lookAtChain({ ...target, serverName, timeoutMs })
  if ('failed' in shown) {
    write(`${input.target}: ${shown.failed}`)
    return 1
  }
  const chain = shown.certificates
  for (const [i, certificate] of chain.entries()) for (const line of describe(certificate, i, chain.length)) write(line)
  const trusted = chain.at(-1)
  if (trusted === undefined) return 1
  write('')
  for (const line of comparison(chain.length, trusted)) write(line)
  if (input.out === undefined) {
    write('Nothing was written: give --out FOLDER for that.')
    return 0
  }
  const file = join(input.out, fileNameOf(target, trusted))
  if (!input.yes && !(await input.ask(`Trust it, and write ${file}? [y/N] `))) {
    write('Nothing was written. Where nobody can be asked, --yes writes it.')
    return 1
  }
  try {
    mkdirSync(input.out, { recursive: true })
    writeFileSync(file, trusted.toString())
  } catch (thrown) {
    write(`${file} cannot be written: ${(thrown as NodeJS.ErrnoException).code ?? 'for no reason that it knows'}`)
    return 1
  }
  write(
    `Written: ${file}. With secureInput.validation.caFolder: ${input.out} the next secure session trusts it, without a restart.`,
  )
  return 0
}

export type Target = { readonly host: string; readonly port: number }

/** @returns the parts, port 443 when there is none; `undefined` when it is no target. A URL's scheme and path are left out. */
export function parseTarget(text: string): Target | undefined {
  const bare = text.replace(/^https:\/\//, '').replace(/\/.*$/, '')
  const found = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(bare)
  const host = found?.[1] ?? found?.[2]
  const port = Number(found?.[3] ?? DEFAULT_PORT)
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port }
}

function describe(certificate: X509Certificate, i: number, count: number): readonly string[] {
  const role = i === 0 ? 'the server' : i === count - 1 ? 'the topmost that it sent' : 'between'
  return [
    `${i + 1}. ${role}`,
    `   subject      ${oneLine(certificate.subject)}`,
    ...(i === 0 ? [`   names        ${oneLine(certificate.subjectAltName ?? 'none')}`] : []),
    `   issuer       ${oneLine(certificate.issuer)}`,
    `   valid        ${certificate.validFrom} to ${certificate.validTo}`,
    `   SHA-256      ${certificate.fingerprint256}`,
    `   pin          ${pinOf(certificate)}`,
  ]
}

function comparison(count: number, trusted: X509Certificate): readonly string[] {
  const what = count === 1 ? 'This certificate' : 'The topmost certificate'
  return [
    trusted.ca
      ? `${what} would be trusted, and every one that it signs.`
      : `${what} alone would be trusted: when it is renewed, fetch it again.`,
    'Whoever stands between you and the server could show you another. Ask its operator for the SHA-256 fingerprint by telephone or on',
    'paper, and compare every pair of digits:',
    `   ${trusted.fingerprint256}`,
    'The pin of the first one may go into secureInput.validation.pins: then no other key is taken, whoever signed it.',
  ]
}

/** Names out of a certificate are the other side's words: nothing in them may move the cursor. */
function oneLine(text: string): string {
  return text.replace(/\n/g, ', ').replace(/\p{Cc}/gu, '?')
}

function fileNameOf({ host, port }: Target, certificate: X509Certificate): string {
  const begin = certificate.fingerprint256.replaceAll(':', '').slice(0, 8).toLowerCase()
  return `${host.replace(/[^A-Za-z0-9.-]/g, '_')}-${port}-${begin}.pem`
}
