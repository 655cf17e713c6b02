/**
 * The way in while nobody is there: a secret that is told once, at the terminal, and makes the first administrator. It is good for an hour, for one use, and only until there is a user;
 * what is kept of it is a hash, compared in constant time, and who guesses waits.
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import { fault } from '../base/fault.ts'
import { makeToken, type RandomBytes } from '../base/ids.ts'
import { sourceOf } from '../base/source-address.ts'
import type { Milliseconds } from '../base/units.ts'
import { createGuard } from './guard.ts'

export type FirstRunOptions = {
  readonly random: RandomBytes
  /** A clock that never runs backwards. */
  readonly now: () => Milliseconds
  /** Whether anybody could let others in already: a user, or a token of the configuration. */
  readonly isSomebodyThere: () => boolean
}

export type FirstRun = {
  /** @returns a new secret, to be told once; undefined when somebody is there. */
  begin(): string | undefined
  /** Whether a secret is good just now. */
  readonly isOpen: boolean
  /** Takes the secret: it is good no more. @returns gives it back, when nothing came of it. @throws Fault `people.first-link-void`, `people.locked-out` */
  take(secret: string, address: string): () => void
}

const GOOD_MS: Milliseconds = 3_600_000

export function createFirstRun({ random, now, isSomebodyThere }: FirstRunOptions): FirstRun {
  const guard = createGuard(now)
  let digest: Buffer | undefined
  let untilMs = Number.NEGATIVE_INFINITY
  const isOpen = () => digest !== undefined && now() < untilMs && !isSomebodyThere()
  return {
    begin() {
      if (isSomebodyThere()) return undefined
      const secret = makeToken(random)
      digest = digestOf(secret)
      untilMs = now() + GOOD_MS
      return secret
    },
    get isOpen() {
      return isOpen()
    },
    take(secret, address) {
      const attempt = guard.attempt(address, `first ${sourceOf(address)}`)
      if ('waitMs' in attempt) throw fault('people.locked-out', { retryAfterSeconds: Math.ceil(attempt.waitMs / 1000) })
      const taken = digest
      const isRight = timingSafeEqual(digestOf(secret), taken ?? digestOf(''))
      if (taken === undefined || !isRight || !isOpen()) throw fault('people.first-link-void')
      attempt.proved()
      digest = undefined
      return () => {
        digest = taken
      }
    },
  }
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
