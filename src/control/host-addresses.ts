/** The addresses of this machine. */

import { networkInterfaces } from 'node:os'

export function hostAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address))
}
