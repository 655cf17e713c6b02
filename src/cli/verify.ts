/**
 * `sotto verify`: checks audit records offline. Takes a folder of records, one file of them, or what the API gave of one session; needs no
 * server, no configuration and no network. Says what is wrong, where, and in which record.
 */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  PUBLIC_FILE,
  type Report,
  recordNames,
  type SessionReport,
  splitLines,
  type VerifyingKey,
  verifyingKey,
  verifyRecords,
} from '../audit/index.ts'
import { faults } from '../base/faults.ts'
import { columnsOf } from './columns.ts'

export type VerifyInput = {
  readonly path: string
  /** PEM file of the public key; without it the one beside the records is taken, and that is said. */
  readonly keyFile: string | undefined
  /** Digest of a record that was noted elsewhere. */
  readonly head: string | undefined
  /** The node runs: the newest sessions may still be open. */
  readonly running: boolean
  readonly json: boolean
}

type Material = {
  readonly lines: readonly string[]
  readonly tornOctets: number
  readonly excerpt: boolean
  /** Which file holds a line, counted from 1. */
  readonly placeOf: (line: number) => string
  readonly publicPem: string | undefined
}

/** @returns 0 everything holds, 1 something does not, 2 there is nothing to check or no key. */
export function verifyCommand(input: VerifyInput, write: (line: string) => void): 0 | 1 | 2 {
  const material = readMaterial(input.path)
  if (material === undefined) return complain(write, 'verify.no-records')
  const pem = input.keyFile === undefined ? material.publicPem : readText(input.keyFile)
  const key = pem === undefined ? undefined : verifyingKey(pem)
  if (key === undefined) return complain(write, 'verify.no-key')
  const { lines, excerpt, tornOctets } = material
  const head = input.head === undefined ? {} : { mustHold: input.head }
  const report = verifyRecords(lines, { key, excerpt, running: input.running, ...head }, tornOctets)
  const given = input.keyFile !== undefined
  if (input.json)
    write(JSON.stringify({ key: key.id, keyGiven: given, excerpt, ...placed(report, material) }, undefined, 2))
  else print(report, material, key, given, write)
  return report.findings.length === 0 ? 0 : 1
}

function complain(write: (line: string) => void, code: 'verify.no-records' | 'verify.no-key'): 2 {
  write(`${faults[code].title}. ${faults[code].advice}`)
  return 2
}

function readMaterial(path: string): Material | undefined {
  try {
    return statSync(path).isDirectory() ? readFiles(path, recordNames(readdirSync(path))) : readFile(path)
  } catch {
    return undefined
  }
}

function readFile(path: string): Material {
  const content = readFileSync(path)
  const excerpt = readExcerpt(content.toString('utf8'))
  if (excerpt === undefined) return readFiles(dirname(path), [path.slice(dirname(path).length).replace(/^\//, '')])
  const lines = excerpt.records.map((record) => JSON.stringify(record))
  return {
    lines,
    tornOctets: 0,
    excerpt: true,
    placeOf: (line) => `record ${line} of the file`,
    publicPem: excerpt.publicKey,
  }
}

/** @returns what the API gives of a session, when the text is that. */
function readExcerpt(text: string): { readonly records: readonly unknown[]; readonly publicKey: string } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('records' in value) || !Array.isArray(value.records))
      return undefined
    return { records: value.records, publicKey: 'publicKey' in value ? String(value.publicKey) : '' }
  } catch {
    return undefined
  }
}

function readFiles(folder: string, names: readonly string[]): Material {
  const files = names.map((name) => ({ name, ...splitLines(readFileSync(join(folder, name))) }))
  const placeOf = (line: number) => {
    let before = 0
    for (const { name, lines } of files) {
      if (line <= before + lines.length || name === names.at(-1)) return `${name}, line ${line - before}`
      before += lines.length
    }
    return `line ${line}`
  }
  return {
    lines: files.flatMap(({ lines }) => lines),
    tornOctets: files.reduce((sum, { tornOctets }) => sum + tornOctets, 0),
    excerpt: false,
    placeOf,
    publicPem: readText(join(folder, PUBLIC_FILE)),
  }
}

function placed(report: Report, { placeOf }: Material) {
  const findings = report.findings.map((finding) => ({
    ...finding,
    place: finding.line === 0 ? undefined : placeOf(finding.line),
  }))
  return { ...report, findings, sound: findings.length === 0 }
}

const HEADINGS = ['record', 'session', 'ending', 'result', 'isolation', 'holds'] as const

function print(
  report: Report,
  material: Material,
  key: VerifyingKey,
  given: boolean,
  write: (line: string) => void,
): void {
  if (report.sessions.length > 0) for (const line of columnsOf([HEADINGS, ...report.sessions.map(rowOf)])) write(line)
  for (const { line, number, code, says } of report.findings) {
    const where = line === 0 ? '' : `${material.placeOf(line)}${number === undefined ? '' : `, record ${number}`}: `
    write(`${where}${says} (${code})`)
  }
  if (!given)
    write(
      'The key was found beside the records: this shows that they fit together, not who wrote them. Give --key for that.',
    )
  if (material.excerpt) write('Single records: the chain around them was not looked at.')
  const { records, sessions, findings, head } = report
  const end = head === undefined ? '' : `, the last is ${head.number} with digest ${head.digest}`
  write(`${records} records${end}; ${sessions.length} sessions; key ${key.id}`)
  write(
    findings.length === 0
      ? 'Everything holds.'
      : `${findings.length} ${findings.length === 1 ? 'thing does' : 'things do'} not hold.`,
  )
}

function rowOf({ number, sessionId, ending, result, isolation, sound }: SessionReport): readonly string[] {
  return [String(number), sessionId, ending, result ?? '', isolation, sound ? 'yes' : 'NO']
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
