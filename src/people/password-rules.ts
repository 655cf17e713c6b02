/** What a password must be: long, and not what somebody who knows its user would try first (NIST SP 800-63B section 3.1.1.2, PCI DSS 8.3.6). Pure. */

import type { FaultCode } from '../base/faults.ts'

const LEAST_CHARS = 12
export const MOST_CHARS = 256
/** Fewer different characters than this are a pattern, not a password. */
const LEAST_DIFFERENT = 6
/** The shortest name that a password may not hold: shorter ones stand in every other word. */
const LEAST_NAME_CHARS = 3
/** Words that stand first on every list of guesses. What is left without them must be a password by itself. */
const GUESSED = [
  'password',
  'passwort',
  'passwd',
  'qwerty',
  'qwertz',
  'letmein',
  'welcome',
  'administrator',
  'admin',
  'sotto',
  'secret',
  'changeme',
]
const RUNS = '01234567890 abcdefghijklmnopqrstuvwxyz qwertyuiop asdfghjkl zxcvbnm'
const RUN_CHARS = 4
const LEAST_LEFT = 5

/** @param names of the user: the one to log in with, and those shown. @returns why it is none; undefined when it is good. */
export function passwordFlaw(password: string, names: readonly string[]): FaultCode | undefined {
  const text = password.normalize('NFKC').toLowerCase()
  const length = [...text].length
  if (length < LEAST_CHARS) return 'people.password-short'
  if (length > MOST_CHARS || password.includes('\0')) return 'people.password-long'
  const words = names
    .flatMap((name) => [name, ...name.split(/[\s._@-]+/)])
    .map((name) => name.normalize('NFKC').toLowerCase())
  if (words.some((word) => word.length >= LEAST_NAME_CHARS && text.includes(word))) return 'people.password-name'
  if (new Set(text).size < LEAST_DIFFERENT || withoutGuesses(text).length < LEAST_LEFT) return 'people.password-guessed'
  return undefined
}

/** Without the words and runs of keys that everybody tries. */
function withoutGuesses(text: string): string {
  let left = text
  for (const word of GUESSED) left = left.replaceAll(word, '')
  for (let at = 0; at + RUN_CHARS <= left.length; ) {
    const run = left.slice(at, at + RUN_CHARS)
    const isRun = RUNS.includes(run) || RUNS.includes([...run].reverse().join('')) || new Set(run).size === 1
    if (isRun) left = left.slice(0, at) + left.slice(at + RUN_CHARS)
    else at += 1
  }
  return left
}
