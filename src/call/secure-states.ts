/**
 * The vocabulary of the secure session's machine: its states, what happens to it, what it asks for, and the two questions that the
 * invariants of `secure.ts` are about: who may hear the caller, and who has the caller's socket.
 */

import type { Outcome, StopReason } from '../vault/contract.ts'
import type { SecureStage } from './secure-record.ts'

/** Why the whole call ends with the secure session. */
export type SecureEnding =
  | 'caller-hung-up'
  | 'agent-hung-up'
  | 'hung-up-by-us'
  | 'media-lost'
  | 'vault-stuck'
  | 'caller-unreachable'

export type SecureState =
  /** Both hear each other: before a session, and after it. */
  | { readonly at: 'open' }
  /** The cut is on its way to the media process. */
  | { readonly at: 'parting' }
  /** Media gives the caller's socket away; with an outcome the session is over before it began, with an ending the call is. */
  | { readonly at: 'releasing'; readonly outcome?: Outcome; readonly ending?: SecureEnding }
  /** The socket is on its way into the vault. */
  | { readonly at: 'handing' }
  /** The vault has the caller: prompts, keys, validation. */
  | { readonly at: 'capturing' }
  /** The vault was told to wipe, and has not said that it did. */
  | { readonly at: 'stopping'; readonly giveBack: boolean; readonly ending?: SecureEnding }
  /** Wiped. The caller hears how it went. */
  | { readonly at: 'returning'; readonly outcome: Outcome; readonly ending?: SecureEnding }
  /** The socket is on its way back into the media process. */
  | { readonly at: 'adopting'; readonly outcome: Outcome }
  /** The socket died with its vault: a fresh port, and a re-INVITE that tells the caller. */
  | { readonly at: 'renewing'; readonly outcome: Outcome }
  /** The call ends, or has. */
  | { readonly at: 'ended' }

export type SecureEvent =
  | { readonly type: 'requested' }
  | { readonly type: 'parted' | 'partFailed' | 'released' | 'releaseFailed' }
  /** `beginFailed`: no vault took the socket, which is still ours. */
  | { readonly type: 'began' | 'beginFailed' }
  | { readonly type: 'wiped'; readonly outcome: Outcome }
  | { readonly type: 'returned'; readonly socket: boolean }
  | { readonly type: 'adopted' | 'adoptFailed' | 'reached' | 'unreachable' }
  /** The vault is dead and its memory gone. */
  | { readonly type: 'vaultLost' }
  | { readonly type: 'mediaLost' | 'callerGone' | 'agentGone' }
  /** The agent, or whoever started it, gives up. */
  | { readonly type: 'cancelled' }
  /** We end the call: an operator, or the server stops. */
  | { readonly type: 'hangUp'; readonly reason: 'cancelled' | 'shutting-down' }
  | { readonly type: 'lapsed'; readonly timer: SecureTimer }

export type SecureTimer = Exclude<SecureState['at'], 'open' | 'ended'>

export type SecureEffect =
  /** Agent hears hold music, caller silence: one list, at once. */
  | { readonly do: 'cut' | 'release' | 'begin' | 'adopt' }
  | { readonly do: 'stop'; readonly reason: StopReason; readonly giveBack: boolean }
  /** A fresh port and a re-INVITE to the caller. */
  | { readonly do: 'renew' }
  /** Both hear each other again, the agent a chime first. */
  | { readonly do: 'join' }
  /** Closes a socket that nobody wants any more. */
  | { readonly do: 'dropSocket' }
  /** Tells the outcome: the session is over. */
  | { readonly do: 'finish'; readonly outcome: Outcome }
  /** Ends both legs. */
  | { readonly do: 'endCall'; readonly ending: SecureEnding }
  /** Starts the timer of the state just entered; the one before it no longer counts. */
  | { readonly do: 'arm'; readonly timer: SecureTimer }

/** @returns whether the agent, or a recording, may get the caller's audio: invariants 1 and 3. */
export function hearsCaller(state: SecureState): boolean {
  return state.at === 'open'
}

/** @returns who has the caller's socket: invariant 2. `control` holds it without reading. */
export function socketOwner(state: SecureState): 'media' | 'control' | 'vault' | 'nobody' {
  switch (state.at) {
    case 'open':
    case 'parting':
    case 'releasing':
      return 'media'
    case 'adopting':
      return 'control'
    case 'handing':
    case 'capturing':
    case 'stopping':
    case 'returning':
      return 'vault'
    case 'renewing':
    case 'ended':
      return 'nobody'
  }
}

/** @returns the stage that a state is to others; undefined where the vault's own words tell a finer one. */
export function stageOf({ at }: SecureState): SecureStage | undefined {
  return STAGES[at]
}

const STAGES: Partial<Record<SecureState['at'], SecureStage>> = {
  parting: 'parting',
  releasing: 'handing',
  handing: 'handing',
  stopping: 'stopping',
  returning: 'returning',
  adopting: 'rejoining',
  renewing: 'rejoining',
}
