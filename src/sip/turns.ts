/** Whom a call is sent to, one after the other: targets of a trunk by how they stand, or the flows of one phone. */

import type { InviteTarget } from './session.ts'
import type { TargetHealth } from './target-health.ts'

/** Of a proxy whose phone has gone (RFC 5626 section 11.5). */
export const FLOW_FAILED = 430

export type Turn = {
  readonly target: InviteTarget
  /** It is there, whatever it says. */
  answered(): void
  /** It did not answer at all, or cannot be reached. */
  failed(status: number): void
}

/** @param flowFailed the flow of a phone is broken. @returns none for a target that stands alone. */
export function turnsOf(
  target: InviteTarget,
  health: Pick<TargetHealth, 'order' | 'failed' | 'answered'>,
  flowFailed: (target: InviteTarget) => void,
): readonly Turn[] {
  const { choices = [], otherFlows } = target
  if (otherFlows !== undefined) {
    return [target, ...otherFlows].map((each) => ({
      target: each,
      answered: () => undefined,
      failed: (status) => {
        if (status === FLOW_FAILED) flowFailed(each)
      },
    }))
  }
  return health.order(choices).map(({ key, uri }) => ({
    target: { ...target, uri },
    answered: () => health.answered(key),
    failed: () => health.failed(key),
  }))
}
