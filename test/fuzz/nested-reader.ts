/** A reader whose depths only those reach who learn from getting half the way. */

/** Upper halves of the octets that lead to the bottom. */
const WAY = [9, 2, 8, 3, 10]

/** @returns how many conditions held. @throws Error at the bottom. */
export function readNested(octets: Uint8Array): number {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = octets
  if (first >> 4 !== WAY[0]) return 0
  if (second >> 4 !== WAY[1]) return 1
  if (third >> 4 !== WAY[2]) return 2
  if (fourth >> 4 !== WAY[3]) return 3
  if (fifth >> 4 !== WAY[4]) return 4
  throw new Error('the bottom')
}
