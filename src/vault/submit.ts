/**
 * Submits a session's entry, and tries again where that can charge nobody twice:
 *
 * | Policy | Tried again after |
 * |---|---|
 * | `never` | nothing |
 * | `before-sending` | no connection, or one that ended before the body was written |
 * | `idempotent` | that, and a reply that was lost on the way: the service knows the request by its idempotency key |
 *
 * Bounded by a count and by the plan's time limit, which holds for all attempts together. An answer of the service's, a certificate that is not
 * trusted, and silence are never tried again. Once a body has been written, the end is never called `unreachable`: somebody may have acted on it.
 */

import type { Timer } from '../base/clock.ts'
import type { Milliseconds } from '../base/units.ts'
import { type Attempt, type AttemptOptions, type AttemptResult, attempt, type SubmitFailure } from './attempt.ts'
import type { Validation } from './contract.ts'
import type { Answer } from './reply.ts'

export type SubmitResult = Answer | { readonly failure: SubmitFailure }

export type Submission = {
  /** A body has left, or is about to: what it asks for may be done by now. */
  readonly sent: boolean
  /** Ends it without a result and wipes. May be called twice, and after the result. */
  abort(): void
}

export type SubmitOptions = Omit<AttemptOptions, 'onResult'> & {
  /** Called once, never from within `submit`. */
  onResult(result: SubmitResult): void
}

/** Before the second attempt; twice as long before each further one. */
const PAUSE_MS: Milliseconds = 200

/** Sends a session's entry. All limits are the plan's. */
export function submit({ onResult, ...options }: SubmitOptions): Submission {
  const { clock, plan } = options
  let current: Attempt | undefined
  let pause: Timer | undefined
  let attempts = 0
  /** What the first attempt that may have been acted on ended with, or else the last one. */
  let known: SubmitFailure | undefined
  let wasSent = false
  let over = false

  const finish = (result: SubmitResult | undefined) => {
    if (over) return
    over = true
    limit.cancel()
    pause?.cancel()
    current?.abort()
    if (result !== undefined) onResult(result)
  }
  const onAttempt = (result: AttemptResult) => {
    if ('value' in result) return finish(result)
    if (!wasSent) known = result.failure
    wasSent ||= current?.sent === true
    const failure = current?.sent === true ? result.failure : (known ?? result.failure)
    current = undefined
    if (!mayTryAgain(plan.validation, result.end, attempts)) return finish({ failure })
    pause = clock.after(PAUSE_MS * 2 ** (attempts - 1), beginAgain)
  }
  const begin = () => {
    attempts++
    current = attempt({ ...options, onResult: onAttempt })
  }
  const beginAgain = () => {
    try {
      begin()
    } catch {
      // No memory to be locked, for one: nobody above us would catch it.
      finish({ failure: 'internal-error' })
    }
  }

  begin()
  const limit = clock.after(plan.validation.timeoutMs, () =>
    finish({ failure: current === undefined && known !== undefined ? known : 'validation-timed-out' }),
  )
  return {
    get sent() {
      return wasSent || current?.sent === true
    },
    abort: () => finish(undefined),
  }
}

/** @param attempts how many there were. */
function mayTryAgain({ retry, retries }: Validation, end: 'unheard' | 'lost' | 'over', attempts: number): boolean {
  if (retry === 'never' || attempts > retries) return false
  return end === 'unheard' || (end === 'lost' && retry === 'idempotent')
}
