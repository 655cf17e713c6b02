/** Numbers and beginnings of numbers, as routes and trunks name them: a trailing `*` stands for anything after; no other sign is special. */

/** @returns whether a dialled number fits; `*` alone fits every number, and `*71` is a number that begins with a star. */
export function matchesNumber(pattern: string, number: string): boolean {
  return pattern.endsWith('*') ? number.startsWith(pattern.slice(0, -1)) : number === pattern
}
