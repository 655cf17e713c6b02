/** `sotto validation test`: tries a validation service against its contract and prints a table of what holds and what to change. */

import { readFileSync } from 'node:fs'
import { readSealingKey } from '../base/sealing-key.ts'
import { testContract } from '../validation/contract-test.ts'
import { TEST_CARDS } from '../validation/test-cards.ts'

export type ValidationTestInput = {
  readonly url: string
  readonly caFile: string
  readonly format: 'xml' | 'json' | 'sealed'
  readonly publicKeyFile: string | undefined
  readonly reply: 'strict' | 'lenient'
  readonly serverName: string | undefined
  readonly clientCertFile: string | undefined
  readonly clientKeyFile: string | undefined
  readonly timeoutSeconds: number
  readonly cardName: string
  readonly accepted: string
  readonly declined: string | undefined
  readonly runId: string
  readonly nowMs: () => number
}

const DEFAULT_PORT = 443
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/** @returns the exit code: 0 everything holds, 1 something does not, 2 the arguments are wrong. */
export async function validationTest(input: ValidationTestInput, write: (line: string) => void): Promise<number> {
  const validation = validationOf(input)
  if (typeof validation === 'string') {
    write(validation)
    return 2
  }
  const { runId, nowMs, cardName, accepted, declined } = input
  const rows = await testContract({ validation, runId, nowMs, cards: { name: cardName, accepted, declined } })
  for (const { what, holds, figure, advice } of rows) {
    write(`${holds ? 'pass' : 'FAIL'}  ${what}${figure === '' ? '' : ` (${figure})`}`)
    if (!holds) write(`      ${advice}`)
  }
  const failed = rows.filter(({ holds }) => !holds).length
  write(failed === 0 ? `All ${rows.length} hold.` : `${failed} of ${rows.length} do not hold.`)
  return failed === 0 ? 0 : 1
}

/** @returns the service as the vault would have it, or a sentence that says what is wrong with the arguments. */
function validationOf(input: ValidationTestInput) {
  const { format, clientCertFile, clientKeyFile, serverName } = input
  const url = URL.parse(input.url)
  if (url === null || url.protocol !== 'https:') return 'The URL must begin with https://.'
  for (const card of [input.accepted, input.declined]) {
    if (card !== undefined && !TEST_CARDS.has(card))
      return 'Only published test cards may be sent: see docs/VALIDATION.md.'
  }
  if ((clientCertFile === undefined) !== (clientKeyFile === undefined))
    return 'Give --client-cert and --client-key, or neither.'
  const authorities = readText(input.caFile)?.match(CERTIFICATE)
  if (authorities == null)
    return `${input.caFile}: no certificate can be read. Give the authority of the service with --ca.`
  const [certificate, key] = [readText(clientCertFile), readText(clientKeyFile)]
  if (clientCertFile !== undefined && (certificate === undefined || key === undefined))
    return 'The client certificate or its key cannot be read.'
  const sealingKey = format === 'sealed' ? readSealingKey(readText(input.publicKeyFile) ?? '') : undefined
  if (typeof sealingKey === 'string') return `--public-key: ${sealingKey}`
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    path: `${url.pathname}${url.search}`,
    authorities: [...authorities],
    timeoutMs: input.timeoutSeconds * 1000,
    format,
    reply: input.reply,
    pins: [],
    retry: 'never',
    retries: 0,
    ...(sealingKey === undefined ? {} : { sealingKey }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(certificate === undefined || key === undefined ? {} : { clientCertificate: { certificate, key } }),
  } as const
}

function readText(file: string | undefined): string | undefined {
  try {
    return file === undefined ? undefined : readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
