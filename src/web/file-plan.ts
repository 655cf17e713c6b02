/** The dial plan of the configuration file as entries of the directory would have it: named, and without secrets. */

import type { Config } from '../base/config.ts'
import { Secret } from '../base/secret.ts'
import { fileRouteName, type PlanKind } from '../directory/index.ts'

export type FileEntry = {
  readonly name: string
  readonly body: object
  /** Names of the secrets that are set, such as `credentials.password`. */
  readonly secrets: readonly string[]
}

/** @returns what the file has of a kind, in its order. */
export function filePlan({ trunks, phones, routes }: Pick<Config, PlanKind>, kind: PlanKind): readonly FileEntry[] {
  switch (kind) {
    case 'trunks':
      return trunks.map(({ name, ...row }) => entryOf(name, row))
    case 'phones':
      return phones.map(({ account, ...row }) => entryOf(account, row))
    case 'routes':
      return routes.map((row, at) => entryOf(fileRouteName(at), row))
  }
}

function entryOf(name: string, row: object): FileEntry {
  return { name, body: bare(row) as object, secrets: secretsIn(row, '') }
}

function bare(value: unknown): unknown {
  if (value instanceof Secret) return undefined
  if (Array.isArray(value)) return value.map(bare)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, child]) => (child instanceof Secret ? [] : [[name, bare(child)]])),
  )
}

function secretsIn(value: unknown, path: string): readonly string[] {
  if (value instanceof Secret) return [path]
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([name, child]) => secretsIn(child, path === '' ? name : `${path}.${name}`))
}
