/** `sotto audit access`: checks the access log of a server offline, and lists it as lines, CSV, or the records as they were signed. The server may run or not. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AccessFlaw,
  PUBLIC_FILE,
  readAccess,
  readAccessLines,
  verifyAccess,
  verifyingKey,
} from '../audit/index.ts'
import { faults } from '../base/faults.ts'
import { type ConfigScope, configured, readText, type WriteLine } from './configured.ts'

export type AuditAccessInput = ConfigScope & {
  /** Of the log; the configuration's when undefined. */
  readonly folder: string | undefined
  /** PEM file of the public key; the one beside the log when undefined. */
  readonly key: string | undefined
  readonly csv: boolean
  readonly json: boolean
}

const COLUMNS = ['number', 'at', 'type', 'succeeded', 'fault', 'user', 'by', 'key', 'from', 'resource'] as const

const FLAWS: Readonly<Record<AccessFlaw, string>> = {
  'not-a-record': 'is no record',
  'not-canonical': 'was written by something else',
  'other-key': 'was signed by another server',
  'bad-signature': 'was changed: the signature does not fit',
  gap: 'does not come next: records are missing, or stand elsewhere',
  'broken-link': 'does not name the record before it: that one was changed or exchanged',
}

/** @returns 0 everything holds, 1 something does not, 2 there is no log, no key, or the configuration is wrong. */
export async function auditAccess(input: AuditAccessInput, write: WriteLine): Promise<0 | 1 | 2> {
  const folder = input.folder ?? configured(input, write)?.people.accessLogFolder
  if (folder === undefined) return 2
  const pem = input.key === undefined ? beside(folder) : readText(input.key)
  const key = pem === undefined ? undefined : verifyingKey(pem)
  const found = await readAccessLines(folder).catch(() => undefined)
  if (key === undefined || found === undefined) {
    const { title, advice } = faults['access.not-readable']
    write(`${title}: ${folder}. ${advice}`)
    return 2
  }
  const { lines } = found
  if (input.csv) write(COLUMNS.join(','))
  for (const line of lines) {
    if (input.json) write(line)
    else
      write(
        input.csv
          ? cells(line).map(csvCell).join(',')
          : cells(line)
              .filter((cell) => cell !== '')
              .join('  '),
      )
  }
  const findings = verifyAccess(lines, key)
  if (input.csv || input.json) return findings.length === 0 ? 0 : 1
  for (const { line, flaw } of findings) write(`line ${line} ${FLAWS[flaw]} (${flaw})`)
  if (input.key === undefined)
    write('The key was found beside the log: this shows that they fit together, not who wrote it. Give --key for that.')
  const verdict = findings.length === 0 ? 'Everything holds.' : `${findings.length} do not hold.`
  write(`${lines.length} records; key ${key.id}. ${verdict}`)
  return findings.length === 0 ? 0 : 1
}

function cells(line: string): readonly string[] {
  const sealed = readAccess(line, undefined)
  if (typeof sealed === 'string') return [sealed]
  const { number, at, event } = sealed.record
  return [
    String(number),
    at,
    event.type,
    event.succeeded,
    event.fault ?? '',
    event.user,
    event.by,
    event.key,
    event.from,
    event.resource,
  ]
}

/** What a record may hold needs no quotes in CSV (RFC 4180), and begins with nothing that a spreadsheet would reckon. */
function csvCell(cell: string): string {
  return /^[=+\-@]/.test(cell) ? `'${cell}` : cell
}

function beside(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, PUBLIC_FILE), 'utf8')
  } catch {
    return undefined
  }
}
