/** The words of the capture machine: its states, its events and its effects. `capture.ts` decides with them. */

import type { Step } from '../base/step.ts'
import type { EntryFault, Failure, Outcome, Plan, StopReason } from './contract.ts'

export type CapturePlan = Pick<Plan, 'fields' | 'sessionMs'>

type Turn = { readonly field: number; readonly attempt: number }

export type CaptureState =
  | { readonly at: 'starting' }
  /** A prompt plays; nothing is keyed yet. `late`: a terminator may still belong to the entry before. */
  | (Turn & { readonly at: 'asking'; readonly late: boolean })
  /** The prompt is over; the time to the first key runs. */
  | (Turn & { readonly at: 'listening'; readonly late: boolean })
  | (Turn & { readonly at: 'keying'; readonly keys: number })
  | (Turn & { readonly at: 'checking'; readonly late: boolean })
  | { readonly at: 'submitting' }
  /** Wiped; the caller hears how it ended. */
  | { readonly at: 'telling' }
  /** Waits until no key sounds any more. */
  | { readonly at: 'returning' }
  | { readonly at: 'ended' }

export type CaptureTimer = 'first-key' | 'inter-key' | 'session'

export type CaptureEvent =
  | { readonly type: 'began' }
  /** It cannot begin. */
  | { readonly type: 'barred'; readonly reason: Failure }
  | { readonly type: 'digit' }
  | { readonly type: 'terminator' }
  | { readonly type: 'clear' }
  | { readonly type: 'other' }
  /** The digit is in the entry. `whole`: the entry cannot become longer. */
  | { readonly type: 'kept'; readonly whole: boolean }
  | { readonly type: 'played' }
  | { readonly type: 'lapsed'; readonly timer: CaptureTimer }
  | { readonly type: 'checked'; readonly fault: EntryFault | undefined }
  | { readonly type: 'answered'; readonly outcome: Outcome }
  | { readonly type: 'stopped'; readonly reason: StopReason; readonly giveBack: boolean }
  | { readonly type: 'settled' }
  /** The socket failed, or something that must not happen did. */
  | { readonly type: 'broken' }

/** What control is told; the session adds its id. */
export type Told =
  | { readonly type: 'began' }
  | { readonly type: 'asking'; readonly field: number; readonly attempt: number; readonly attempts: number }
  | { readonly type: 'progress'; readonly field: number; readonly keys: number }
  | { readonly type: 'refused'; readonly field: number; readonly why: EntryFault }
  | { readonly type: 'taken'; readonly field: number }
  | { readonly type: 'submitting'; readonly submission: number }
  | { readonly type: 'wiped'; readonly outcome: Outcome }

export type CaptureEffect =
  | { readonly do: 'play'; readonly clips: readonly string[] }
  /** Plays what the caller hears of an outcome, the last four included. */
  | { readonly do: 'play-outcome'; readonly outcome: Outcome }
  | { readonly do: 'hush' }
  | { readonly do: 'arm'; readonly timer: CaptureTimer; readonly ms: number }
  | { readonly do: 'disarm'; readonly timer: CaptureTimer }
  /** Begins the entry of a field, or empties it. */
  | { readonly do: 'open'; readonly field: number }
  | { readonly do: 'keep' }
  | { readonly do: 'check'; readonly field: number }
  | { readonly do: 'tell'; readonly what: Told }
  | { readonly do: 'submit' }
  /** Ends a submission under way and overwrites everything. */
  | { readonly do: 'wipe' }
  | { readonly do: 'settle' }
  | { readonly do: 'give-back' }
  | { readonly do: 'close' }

export type CaptureStep = Step<CaptureState, CaptureEffect>
