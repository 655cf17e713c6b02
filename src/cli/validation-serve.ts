/**
 * `sotto validation serve`: the reference validation service, for trying out and as an example. Without a certificate of its own it makes one, and an
 * authority that signs it, in a folder; without a key for sealed requests it makes a pair there too. Prints counts, and nothing of any request.
 */

import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeDevelopmentCertificates } from '../demo/certificate.ts'
import type { Counts } from '../validation/ledger.ts'
import { startValidationService } from '../validation/service.ts'

export type ValidationServeInput = {
  readonly address: string
  readonly port: number
  /** Where certificate and keys are made; created when it is not there. */
  readonly folder: string
  readonly certFile: string | undefined
  readonly keyFile: string | undefined
  /** Private key for sealed requests, PEM or JWK. */
  readonly sealingKeyFile: string | undefined
  readonly cardName: string
  readonly wallMs: number
}

export type ValidationServing = { readonly port: number; close(): void }

const OWNER_ONLY = 0o600

/** @returns the exit code when it could not start, or what runs. */
export async function validationServe(
  input: ValidationServeInput,
  write: (line: string) => void,
): Promise<ValidationServing | 1 | 2> {
  const { certFile, keyFile, folder } = input
  if ((certFile === undefined) !== (keyFile === undefined)) {
    write('A certificate needs its key: give --cert and --key, or neither.')
    return 2
  }
  try {
    const tls =
      certFile !== undefined && keyFile !== undefined
        ? { certificate: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8'), authorityFile: undefined }
        : await makeTls(folder, input.wallMs)
    const sealing = sealingKeyIn(input)
    const { server, port } = await startValidationService({
      address: input.address,
      port: input.port,
      certificate: tls.certificate,
      key: tls.key,
      sealingKey: sealing.key,
      cardName: input.cardName,
      onReply: (_fields, _accepted, counts) => write(countsLine(counts)),
    })
    for (const line of introduction(input.address, port, tls.authorityFile, sealing.publicFile)) write(line)
    return { port, close: () => void server.close() }
  } catch (thrown) {
    write(`The service cannot start: ${thrown instanceof Error ? thrown.message : 'for no reason that it knows'}`)
    return 1
  }
}

async function makeTls(folder: string, wallMs: number) {
  const { authority, certificate, key } = await makeDevelopmentCertificates(wallMs)
  mkdirSync(folder, { recursive: true })
  const authorityFile = join(folder, 'authority.pem')
  writeFileSync(authorityFile, authority)
  return { certificate, key, authorityFile }
}

/** The given key, or the one that an earlier run made, or a new one. */
function sealingKeyIn({ sealingKeyFile, folder }: ValidationServeInput): {
  key: KeyObject
  publicFile: string | undefined
} {
  if (sealingKeyFile !== undefined)
    return { key: privateKeyOf(readFileSync(sealingKeyFile, 'utf8')), publicFile: undefined }
  const [privateFile, publicFile] = [join(folder, 'sealing-private.pem'), join(folder, 'sealing-public.pem')]
  if (existsSync(privateFile) && existsSync(publicFile)) {
    return { key: privateKeyOf(readFileSync(privateFile, 'utf8')), publicFile }
  }
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  mkdirSync(folder, { recursive: true })
  writeFileSync(privateFile, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: OWNER_ONLY })
  writeFileSync(publicFile, pair.publicKey.export({ type: 'spki', format: 'pem' }))
  return { key: pair.privateKey, publicFile }
}

function privateKeyOf(text: string): KeyObject {
  return text.trimStart().startsWith('{')
    ? createPrivateKey({ key: JSON.parse(text), format: 'jwk' })
    : createPrivateKey(text)
}

function introduction(
  address: string,
  port: number,
  authorityFile: string | undefined,
  publicFile: string | undefined,
): readonly string[] {
  const host = address.includes(':') ? `[${address}]` : address
  return [
    `Validation service at https://${host}:${port}/ for published test cards only; XML, JSON and sealed. In sotto.yaml:`,
    'secureInput:',
    '  validation:',
    `    url: "https://${host}:${port}/"`,
    ...(authorityFile === undefined ? [] : [`    caFile: ${authorityFile}`]),
    ...(publicFile === undefined ? [] : [`    # format: sealed`, `    # publicKeyFile: ${publicFile}`]),
    'Ctrl-C ends it. From here on, counts only.',
  ]
}

function countsLine({ requests, accepted, declined, repeated, refused, charges }: Counts): string {
  return `requests ${requests}: accepted ${accepted}, declined ${declined}, repeated ${repeated}, refused ${refused}; charges ${charges}`
}
