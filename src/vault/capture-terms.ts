/** The words of the capture machine: its states, its events and its effects. `capture.ts` and its neighbours decide with them. */

import type { Step } from '../base/step.ts'
import type { EntryFault, Failure, Order, Outcome, Plan, PromptRule, StopReason } from './contract.ts'

export type CapturePlan = Pick<Plan, 'fields' | 'steps' | 'sessionMs'>

/** A part of the request, by its place in the plan. */
export type Item = { readonly what: 'insert' | 'field'; readonly index: number }

/** How far the program has come. */
export type Run = {
  /** Where it goes on. */
  readonly step: number
  /** What the next request holds, in the order of the steps that were first to say so. */
  readonly items: readonly Item[]
  /** Fields that were asked for at any time, and those of which there is an entry. */
  readonly asked: readonly number[]
  readonly taken: readonly number[]
  /** Fields that the agent wants keyed again before the program goes on. */
  readonly again: readonly number[]
  /** By field: tries of the entry under way that came to nothing. */
  readonly tries: readonly number[]
  /** By step: how often it has repeated. */
  readonly repeats: readonly number[]
  readonly submissions: number
  readonly verdict: Outcome | undefined
}

/** One entry of a field. `second`: it is keyed once more, to be compared. `extended`: how often the caller asked for more time. */
export type Turn = { readonly run: Run; readonly field: number; readonly second: boolean; readonly extended: number }

/** `late`: a terminator may still belong to the entry before. */
export type CaptureState =
  | { readonly at: 'starting' }
  /** The program says something. */
  | { readonly at: 'saying'; readonly run: Run; readonly bargeIn: boolean; readonly late: boolean }
  /** A prompt plays; nothing is keyed yet. */
  | (Turn & { readonly at: 'asking'; readonly late: boolean })
  /** The prompt is over; the time to the first key runs. */
  | (Turn & { readonly at: 'listening'; readonly late: boolean })
  | (Turn & { readonly at: 'keying'; readonly keys: number })
  | (Turn & { readonly at: 'checking'; readonly late: boolean })
  /** The entry is read back. */
  | { readonly at: 'reading'; readonly run: Run; readonly field: number; readonly late: boolean }
  /** It was read back; the time to say yes or no runs. */
  | { readonly at: 'confirming'; readonly run: Run; readonly field: number }
  | { readonly at: 'submitting'; readonly run: Run }
  /** The service is asked still, and the time of the session is over: the answer ends it. */
  | { readonly at: 'overdue' }
  /** For the agent's order. */
  | { readonly at: 'waiting'; readonly run: Run }
  /** Wiped; the caller hears how it ended. */
  | { readonly at: 'telling' }
  /** Waits until no key sounds any more. */
  | { readonly at: 'returning' }
  | { readonly at: 'ended' }

export type At<A extends CaptureState['at']> = Extract<CaptureState, { at: A }>
/** The states in which a field is at hand. */
export type EntryState = At<'asking' | 'listening' | 'keying' | 'checking' | 'reading' | 'confirming'>

export const CAPTURE_TIMERS = ['first-key', 'inter-key', 'agent', 'session'] as const
export type CaptureTimer = (typeof CAPTURE_TIMERS)[number]

/** What a key means to the field at hand. */
export type KeyKind = 'digit' | 'terminator' | 'clear' | 'escape' | 'more-time' | 'other'

export type CaptureEvent =
  | { readonly type: 'began' }
  /** It cannot begin. */
  | { readonly type: 'barred'; readonly reason: Failure }
  | { readonly type: KeyKind }
  /** A key while the program says something: what it means is the next field's to say. */
  | { readonly type: 'pressed' }
  /** The digit is in the entry. `whole`: the entry cannot become longer. */
  | { readonly type: 'kept'; readonly whole: boolean }
  | { readonly type: 'played' }
  | { readonly type: 'lapsed'; readonly timer: CaptureTimer }
  | { readonly type: 'checked'; readonly fault: EntryFault | undefined }
  | { readonly type: 'answered'; readonly outcome: Outcome }
  | { readonly type: 'ordered'; readonly order: Order }
  /** `sent`: a request has left, or is about to, and no answer has come: what it asks for may be done by now. */
  | { readonly type: 'stopped'; readonly reason: StopReason; readonly giveBack: boolean; readonly sent: boolean }
  | { readonly type: 'settled' }
  /** The socket failed, or something that must not happen did. `sent` as above. */
  | { readonly type: 'broken'; readonly sent: boolean }

/** What control is told; the session adds its id. */
export type Told =
  | { readonly type: 'began' }
  | { readonly type: 'asking'; readonly field: number; readonly attempt: number; readonly attempts: number }
  | { readonly type: 'progress'; readonly field: number; readonly keys: number }
  | { readonly type: 'refused'; readonly field: number; readonly why: EntryFault }
  | { readonly type: 'confirming'; readonly field: number }
  | { readonly type: 'more-time'; readonly field: number; readonly left: number }
  | { readonly type: 'taken'; readonly field: number }
  | { readonly type: 'submitting'; readonly submission: number }
  | { readonly type: 'answered'; readonly outcome: Outcome }
  | { readonly type: 'waiting-for-agent'; readonly ms: number }
  | { readonly type: 'wiped'; readonly outcome: Outcome }

/** Said whatever the field is. */
export type Notice = 'please-wait' | 'waiting-for-agent' | 'try-again' | 'last-attempt'

/** Something to be said: a clip, or what a field's prompts and the card's brand make of it. */
export type Said =
  | { readonly clip: string }
  | { readonly notice: Notice }
  | { readonly prompt: PromptRule['when']; readonly field: number; readonly attempt: number }

export type CaptureEffect =
  | { readonly do: 'play'; readonly said: readonly Said[] }
  /** Says what was keyed, or its end, and asks whether it is right. To the caller only. */
  | { readonly do: 'read-back'; readonly field: number; readonly attempt: number }
  /** Plays what the caller hears of an outcome, the last four included. */
  | { readonly do: 'play-outcome'; readonly outcome: Outcome }
  | { readonly do: 'hush' }
  | { readonly do: 'arm'; readonly timer: CaptureTimer; readonly ms: number }
  | { readonly do: 'disarm'; readonly timer: CaptureTimer }
  /** Begins the entry of a field, or empties it. */
  | { readonly do: 'open'; readonly field: number; readonly second: boolean }
  | { readonly do: 'keep'; readonly field: number }
  | { readonly do: 'check'; readonly field: number; readonly second: boolean }
  /** Overwrites a field's entry. */
  | { readonly do: 'forget'; readonly field: number }
  /** Takes the key at hand once more, now that a field is asked for. */
  | { readonly do: 'press' }
  | { readonly do: 'tell'; readonly what: Told }
  | { readonly do: 'submit'; readonly items: readonly Item[]; readonly submission: number }
  /** Ends a submission under way and overwrites everything. */
  | { readonly do: 'wipe' }
  | { readonly do: 'settle' }
  | { readonly do: 'give-back' }
  | { readonly do: 'close' }

export type CaptureStep = Step<CaptureState, CaptureEffect>
