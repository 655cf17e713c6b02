/** `sotto audit key`: prints the public half of the key that signs the audit records, for whoever is to check them. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PUBLIC_FILE, verifyingKey } from '../audit/index.ts'
import { readConfig } from '../base/config.ts'
import { faults } from '../base/faults.ts'

export type AuditKeyInput = {
  /** Configuration file; undefined when there is none. */
  readonly file: string | undefined
  /** Folder of the records; the configuration's when undefined. */
  readonly folder: string | undefined
  readonly shippedFolder: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** @returns 0 printed, 1 there is no key, 2 the configuration is wrong. */
export function auditKey(input: AuditKeyInput, write: (line: string) => void): 0 | 1 | 2 {
  const folder = input.folder ?? configuredFolder(input)
  if (folder === undefined) {
    write('The configuration cannot be read: sotto config check says why.')
    return 2
  }
  const pem = attempt(() => readFileSync(join(folder, PUBLIC_FILE), 'utf8'))
  if (pem === undefined || verifyingKey(pem) === undefined) {
    write(`${faults['verify.no-key'].title}: ${folder}. It is made when the server first starts.`)
    return 1
  }
  write(pem.trimEnd())
  return 0
}

function configuredFolder({ file, env, shippedFolder }: AuditKeyInput): string | undefined {
  const read = (path: string) => attempt(() => readFileSync(path, 'utf8'))
  const text = file === undefined ? undefined : read(file)
  if (file !== undefined && text === undefined) return undefined
  const named = file === undefined || text === undefined ? {} : { text, fileName: file }
  const outcome = readConfig({ ...named, env, shippedFolder, read })
  return 'config' in outcome ? outcome.config.audit.folder : undefined
}

function attempt<T>(get: () => T): T | undefined {
  try {
    return get()
  } catch {
    return undefined
  }
}
