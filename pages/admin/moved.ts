/** Order of lists. Pure. */

/** @returns the list with one of its members at another place; the same where there is no such place. */
export function moved<T>(list: readonly T[], from: number, to: number): readonly T[] {
  const [mover] = list.slice(from, from + 1)
  if (mover === undefined || from < 0 || to < 0 || to >= list.length || from === to) return list
  const others = list.filter((_, at) => at !== from)
  return [...others.slice(0, to), mover, ...others.slice(to)]
}

/** @returns the list with a member replaced. */
export function replaced<T>(list: readonly T[], at: number, by: T): readonly T[] {
  return list.map((each, place) => (place === at ? by : each))
}
