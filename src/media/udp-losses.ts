/** Counts of packets that the system did not take or that had no room, by what it said (errno, as Node names it). */

import type { UdpLosses } from './contract-process.ts'

type Loss = keyof UdpLosses

const REASONS: Readonly<Record<string, Loss>> = {
  EAGAIN: 'full',
  ENOBUFS: 'full',
  ENOMEM: 'full',
  ECONNREFUSED: 'refused',
  ENETUNREACH: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  EHOSTDOWN: 'unreachable',
  EPERM: 'forbidden',
  EACCES: 'forbidden',
}

/** @returns what a packet that was not sent counts as. */
export function lossOf(error: Error): Loss {
  return ('code' in error ? REASONS[String(error.code)] : undefined) ?? 'unsendable'
}

/** @returns counts of nothing yet. */
export function noLosses(): { -readonly [L in Loss]: number } {
  return { overflowed: 0, tooLong: 0, full: 0, refused: 0, unreachable: 0, forbidden: 0, unsendable: 0 }
}
