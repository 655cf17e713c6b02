/** What `sotto leak-test` reads from files that the operator names: secrets and numbers are in no process list. */

import { readFileSync } from 'node:fs'
import type { Needle } from '../leak/needles.ts'

/** One run of the test. */
export type LeakScene = {
  /** For its own files; the searched server does not write there. */
  readonly folder: string
  /** Digits of the number that is keyed. */
  readonly number: string
  readonly needles: readonly Needle[]
  /** Takes a line of progress. */
  readonly say: (line: string) => void
}

const PART = 7
const DIFFERENT = 4

/** @returns the digits of a number, spaces and dashes left out; undefined when it cannot be searched for. */
export function readNumberFile(file: string): string | undefined {
  const digits = readSecretFile(file).replaceAll(/[\s-]/g, '')
  if (!/^\d{12,19}$/.test(digits)) return undefined
  for (let at = 0; at + PART <= digits.length; at++) {
    if (new Set(digits.slice(at, at + PART)).size < DIFFERENT) return undefined
  }
  return digits
}

/** @returns the first line of a file. @throws Error when it cannot be read. */
export function readSecretFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n', 1)[0]?.trim() ?? ''
  } catch {
    throw new Error(`${file} cannot be read`)
  }
}
