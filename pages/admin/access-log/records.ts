/** Records of the access log: which are meant, and as CSV. Pure. */

export type AccessRecord = {
  readonly number: number
  readonly at: string
  readonly event: {
    /** Id; empty where nobody is known. */
    readonly user: string
    readonly by: string
    readonly key: string
    readonly type: string
    readonly succeeded: 'yes' | 'no'
    readonly fault?: string
    readonly from: string
    readonly resource: string
  }
}
export type Sealed = { readonly record: AccessRecord; readonly signature: string }

export type Filter = {
  /** In the name or id of the user, what was done, why not, where from, or what about. */
  readonly text: string
  readonly succeeded: '' | 'yes' | 'no'
  /** Days, both included, in UTC as the records have it; empty for all. */
  readonly from: string
  readonly to: string
}

export const EVERYTHING: Filter = { text: '', succeeded: '', from: '', to: '' }

type Names = ReadonlyMap<string, string>

/** @returns whether a record is meant. */
export function isMeant({ record: { at, event } }: Sealed, filter: Filter, names: Names): boolean {
  const day = at.slice(0, 10)
  if (filter.from !== '' && day < filter.from) return false
  if (filter.to !== '' && day > filter.to) return false
  if (filter.succeeded !== '' && event.succeeded !== filter.succeeded) return false
  const name = names.get(event.user) ?? ''
  const text = [name, event.user, event.by, event.key, event.type, event.fault, event.from, event.resource]
  return text.join('\n').toLowerCase().includes(filter.text.trim().toLowerCase())
}

/** @returns whether nothing older than this record can be meant. */
export function isBefore({ record }: Sealed, { from }: Filter): boolean {
  return from !== '' && record.at.slice(0, 10) < from
}

type Column = readonly [name: string, cell: (sealed: Sealed, names: Names) => string]

/** As `sotto audit access --csv` has them, with the name and the signature behind. */
const COLUMNS: readonly Column[] = [
  ['number', ({ record }) => String(record.number)],
  ['at', ({ record }) => record.at],
  ['type', ({ record }) => record.event.type],
  ['succeeded', ({ record }) => record.event.succeeded],
  ['fault', ({ record }) => record.event.fault ?? ''],
  ['user', ({ record }) => record.event.user],
  ['by', ({ record }) => record.event.by],
  ['key', ({ record }) => record.event.key],
  ['from', ({ record }) => record.event.from],
  ['resource', ({ record }) => record.event.resource],
  ['name', ({ record }, names) => names.get(record.event.user) ?? ''],
  ['signature', ({ signature }) => signature],
]

/** @returns records as CSV (RFC 4180), with a head. */
export function csvOf(records: readonly Sealed[], names: Names): string {
  const head = COLUMNS.map(([name]) => name)
  const lines = records.map((sealed) => COLUMNS.map(([, cell]) => quoted(cell(sealed, names))))
  return `${[head, ...lines].map((cells) => cells.join(',')).join('\r\n')}\r\n`
}

/** A cell that a spreadsheet would take for a formula is none. */
function quoted(cell: string): string {
  const harmless = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
