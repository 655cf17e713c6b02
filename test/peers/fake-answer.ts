/** The answer to a text as a double. */

import type { SipReason } from '../../src/sip/session.ts'

/** What came of a text. */
export type FakeAnswer = {
  status: number | undefined
  reason: SipReason | undefined
  readonly respond: (status: number, reason?: SipReason) => void
}

export function fakeAnswer(): FakeAnswer {
  const answer: FakeAnswer = {
    status: undefined,
    reason: undefined,
    respond: (status, reason) => {
      if (answer.status !== undefined) throw new Error('a text was answered twice')
      answer.status = status
      answer.reason = reason
    },
  }
  return answer
}
