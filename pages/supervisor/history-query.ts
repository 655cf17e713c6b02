/** What is looked for in the call history: as a place of the page, so that it can be kept and sent on, and as a question to the API. Pure. */

export type Wanted = {
  readonly number: string
  readonly agent: string
  /** Days, as a date field has them: 2026-11-27. */
  readonly from: string
  readonly to: string
  readonly ending: string
  readonly outcome: string
}

export const NOTHING_WANTED: Wanted = { number: '', agent: '', from: '', to: '', ending: '', outcome: '' }
const MEMBERS = Object.keys(NOTHING_WANTED) as readonly (keyof Wanted)[]
const DAY = /^\d{4}-\d\d-\d\d$/

/** @returns parts of an address, such as `number=+49*`. */
export function partsOfWanted(wanted: Wanted): readonly string[] {
  return MEMBERS.filter((member) => wanted[member].trim() !== '').map((member) => `${member}=${wanted[member].trim()}`)
}

/** What it does not know it passes over. */
export function wantedIn(parts: readonly string[]): Wanted {
  const found: { -readonly [M in keyof Wanted]?: string } = {}
  for (const part of parts) {
    const at = part.indexOf('=')
    const member = MEMBERS.find((each) => each === part.slice(0, at))
    if (member !== undefined) found[member] = part.slice(at + 1)
  }
  return { ...NOTHING_WANTED, ...found }
}

/** Days are those of the reader's clock; the last one is meant whole. @returns the question, with its `?`; empty for none. */
export function questionOf(wanted: Wanted, more: Readonly<Record<string, string>> = {}): string {
  const { from, to, ...words } = wanted
  const asked = new URLSearchParams()
  for (const [name, value] of Object.entries(words)) if (value.trim() !== '') asked.set(name, value.trim())
  if (DAY.test(from)) asked.set('since', dayBegin(from, 0).toISOString())
  if (DAY.test(to)) asked.set('until', dayBegin(to, 1).toISOString())
  for (const [name, value] of Object.entries(more)) asked.set(name, value)
  const text = asked.toString()
  return text === '' ? '' : `?${text}`
}

function dayBegin(day: string, later: number): Date {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date + later)
}
