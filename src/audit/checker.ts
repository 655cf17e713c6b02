/** Checks records of sessions in a thread of its own, which ends when nobody has asked for a while. */

import { type AskedThread, startThread } from '../base/asked-thread.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { asFault, fault } from '../base/fault.ts'
import type { Milliseconds } from '../base/units.ts'
import type { CheckAnswer } from './check-thread.ts'
import type { SessionCheck, SessionQuestion } from './session-check.ts'

export type SessionChecker = {
  /** @param isClosed its end was written. @throws Fault `audit.busy`, `audit.not-readable` */
  check(sessionId: string, isClosed: boolean): Promise<SessionCheck>
  stop(): Promise<void>
}

export type CheckerOptions = {
  readonly folder: string
  readonly clock: Clock
  /** The node's own key, PEM. */
  readonly publicPem: () => string
}

const IDLE_MS: Milliseconds = 60_000
/** Questions that wait at once. */
const MOST_QUESTIONS = 16
/** Node's file name extension of this very run: sources as they are, or compiled. */
const EXTENSION = import.meta.filename.slice(-3)

export function createSessionChecker({ folder, clock, publicPem }: CheckerOptions): SessionChecker {
  let thread: AskedThread<SessionQuestion, CheckAnswer> | undefined
  let idle: Timer | undefined
  let questions = 0
  const end = async () => {
    idle?.cancel()
    const ended = thread
    thread = undefined
    await ended?.end()
  }
  return {
    async check(sessionId, isClosed) {
      if (questions >= MOST_QUESTIONS) throw fault('audit.busy')
      questions += 1
      idle?.cancel()
      thread ??= startThread(new URL(`./check-thread${EXTENSION}`, import.meta.url), undefined)
      const asked = thread
      try {
        const answer = await asked.ask({ folder, sessionId, isClosed, publicPem: publicPem() })
        if ('failed' in answer) throw fault('audit.not-readable')
        return answer.check
      } catch (thrown) {
        // One that has died is not asked again.
        if (asFault(thrown).code === 'base.internal' && thread === asked) thread = undefined
        throw thrown
      } finally {
        questions -= 1
        if (questions === 0) idle = clock.after(IDLE_MS, () => void end())
      }
    },
    stop: end,
  }
}
