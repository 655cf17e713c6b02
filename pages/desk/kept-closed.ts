/** Which outcomes were closed, kept for as long as the tab is: a reload does not bring them back. Ids of sessions alone. */

const KEPT_AS = 'sotto-closed'
const MOST = 50

export function keptClosed(): ReadonlySet<string> {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEPT_AS) ?? '[]')
    return new Set(Array.isArray(kept) ? kept.filter((id) => typeof id === 'string') : [])
  } catch {
    return new Set()
  }
}

export function keepClosed(closed: ReadonlySet<string>): void {
  try {
    sessionStorage.setItem(KEPT_AS, JSON.stringify([...closed].slice(-MOST)))
  } catch {
    // A page around us may forbid it; then a reload shows the last outcome once more.
  }
}
