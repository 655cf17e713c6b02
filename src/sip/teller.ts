/**
 * Tells a session's owner what happened, always outside of any call into the session: in order, one microtask later, and
 * nothing before the owner has attached.
 */

import type { SessionEvents } from './session.ts'

export type Teller = {
  tell(say: (events: SessionEvents) => void): void
  attach(events: SessionEvents): void
  /** @returns what the owner says of whom the far end talks to. */
  otherSessionUuid(): string | undefined
  /** @returns the owner's offer as it is now. */
  offer(): string | undefined
  /** What was told until now was the last word: the owner is forgotten once it has heard it. */
  close(): void
}

/** @param bug gets what an owner's callback threw. */
export function createTeller(bug: (thrown: unknown) => void): Teller {
  const waiting: ((events: SessionEvents) => void)[] = []
  let owner: SessionEvents | undefined
  /** For the BYE that goes out after the last word, and again with credentials. */
  let lastUuid: string | undefined
  let isScheduled = false
  let isClosed = false
  const flush = () => {
    isScheduled = false
    if (owner === undefined) return
    for (const say of waiting.splice(0)) {
      try {
        say(owner)
      } catch (thrown) {
        bug(thrown)
      }
    }
    // The end of a session that its owner ended while it was told something else is told next.
    if (isClosed && waiting.length === 0) owner = undefined
  }
  const schedule = () => {
    if (isScheduled) return
    isScheduled = true
    queueMicrotask(flush)
  }
  return {
    tell: (say) => {
      if (isClosed) return
      waiting.push(say)
      schedule()
    },
    attach: (events) => {
      owner = events
      if (waiting.length > 0) schedule()
    },
    otherSessionUuid: () => (owner === undefined ? lastUuid : owner.otherSessionUuid?.()),
    offer: () => owner?.offer(),
    close: () => {
      isClosed = true
      lastUuid = owner?.otherSessionUuid?.()
      schedule()
    },
  }
}
