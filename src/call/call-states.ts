/**
 * The vocabulary of the call's machine: its states, what happens to it, what it asks for, and why it ends. The *placing* leg is the one whose
 * INVITE came in, *placed* are those we send; which of them is the caller's and which the agent's is no matter of the machine.
 */

/** Why a call is over, for its history. */
export type CallEnding =
  | 'placing-hung-up'
  | 'placed-hung-up'
  | 'cancelled'
  | 'refused'
  | 'no-answer'
  | 'not-routed'
  | 'no-audio'
  | 'media-lost'
  | 'hung-up-by-us'
  | 'secure-failed'
  /** Its legs were joined with those of another call. */
  | 'transferred'
  /** Nobody took the call over, and who asked for it had hung up. */
  | 'transfer-failed'

export type CallState =
  /** Routing, and opening the first port. */
  | { readonly at: 'arriving' }
  | {
      readonly at: 'ringing'
      /** Of `stages`, counted from 0: a workgroup rings its members together or one stage each. */
      readonly stage: number
      readonly stages: number
      /** Placed legs that may still answer. */
      readonly live: readonly string[]
      /** Finals that placed legs were refused with. */
      readonly statuses: readonly number[]
      /** What the placing leg has been told; early media cannot be untold. */
      readonly told: 'nothing' | 'ringing' | 'early'
      /** The placed leg that early media comes from. */
      readonly early: string | undefined
    }
  /** Somebody answered; the placing leg is being answered. */
  | { readonly at: 'answering'; readonly winner: string }
  | { readonly at: 'bridged' }
  /** A secure session runs, and decides. */
  | { readonly at: 'secure' }
  /** The place of `by` is to go to somebody else; who asked for it may have hung up. */
  | { readonly at: 'transferring'; readonly by: 'placing' | 'placed'; readonly left: boolean }
  | { readonly at: 'ended' }

export type CallEvent =
  | { readonly type: 'routed'; readonly stages: number }
  /** The route, or our own machinery, refuses. */
  | { readonly type: 'refusedHere'; readonly status: number }
  /** The legs of a stage were placed; none when nobody can be reached. */
  | { readonly type: 'staged'; readonly attempts: readonly string[] }
  | { readonly type: 'rang' | 'early' | 'answered'; readonly attempt: string }
  /** A phone that was not rung takes the call. */
  | { readonly type: 'pickedUp'; readonly attempt: string }
  /** A placed leg was refused with where else to look, and another was placed there. */
  | { readonly type: 'redirected'; readonly attempt: string; readonly by: string }
  | { readonly type: 'refused'; readonly attempt: string; readonly status: number }
  | { readonly type: 'lapsed'; readonly stage: number }
  /** The placing leg has been answered, its terms are settled. */
  | { readonly type: 'settled' }
  /** A leg's far end went: BYE, CANCEL, timeout, or no audio any more. */
  | { readonly type: 'gone'; readonly leg: 'placing' | 'placed'; readonly why: 'hung-up' | 'no-audio' }
  | { readonly type: 'secureBegan' | 'secureRejoined' | 'secureReleased' }
  | { readonly type: 'transferBegan'; readonly by: 'placing' | 'placed' }
  | { readonly type: 'transferred' | 'transferFailed' }
  /** A leg went to another call. */
  | { readonly type: 'takenAway'; readonly leg: 'placing' | 'placed' }
  | { readonly type: 'mediaLost' }
  | { readonly type: 'hangUp'; readonly reason: 'cancelled' | 'shutting-down' }

export type CallEffect =
  /** Places the legs of a stage and starts its ring timer. */
  | { readonly do: 'placeStage'; readonly stage: number }
  | { readonly do: 'tellRinging' }
  | { readonly do: 'tellEarly'; readonly attempt: string }
  /** We promised the placing leg early media, and nobody sends any: our ringback. */
  | { readonly do: 'playRingback' }
  /** CANCEL, or BYE for one that answered meanwhile. */
  | { readonly do: 'dropAttempts'; readonly attempts: readonly string[] }
  | { readonly do: 'accept'; readonly attempt: string }
  | { readonly do: 'bridge' }
  /** The caller hears music. */
  | { readonly do: 'wait' }
  /** Both hear each other again; one of them may be another. */
  | { readonly do: 'rejoin' }
  | { readonly do: 'refuse'; readonly status: number }
  | { readonly do: 'endPlacing' | 'endPlaced' }
  /** Leaves the decision to the secure session. */
  | { readonly do: 'askSecure'; readonly about: Extract<CallEvent, { type: 'gone' | 'mediaLost' | 'hangUp' }> }
  | { readonly do: 'finish'; readonly ending: CallEnding }
