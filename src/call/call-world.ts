/** What every call is given: the doors of the other rooms, the configuration, time, and where to tell what happened. Types only. */

import type { Attestation, AuditTrail } from '../audit/contract.ts'
import type { Clock } from '../base/clock.ts'
import type { Config } from '../base/config-schema.ts'
import type { RandomBytes } from '../base/ids.ts'
import type { Log } from '../base/log.ts'
import type { MediaPool } from '../media/pool.ts'
import type { Sip } from '../sip/session.ts'
import type { VaultPool } from '../vault/pool.ts'
import type { LegNames } from './call-book.ts'
import type { CallView } from './call-view.ts'
import type { CallEvent } from './events.ts'
import type { Recordings } from './recordings.ts'
import type { Sink } from './sinks.ts'
import type { TrunkLines } from './trunk-lines.ts'

/** The slices of the configuration that this room reads. */
export type CallConfig = Pick<
  Config,
  'sip' | 'media' | 'phones' | 'workgroups' | 'trunks' | 'routes' | 'emergency' | 'secureInput'
>

export type CallWorld = {
  readonly sip: Pick<Sip, 'invite' | 'text' | 'contacts' | 'listening'>
  readonly mediaPool: Pick<MediaPool, 'place'>
  readonly vaultPool: Pick<VaultPool, 'begin' | 'available'>
  /** Where every secure session is recorded. */
  readonly audit: AuditTrail
  /** What else could get a caller's sound. Nothing when absent. */
  readonly sinks?: readonly Sink[]
  readonly recordings: Pick<Recordings, 'joined' | 'ended'>
  /** What was found of a vault process at its start. */
  readonly attestationOf?: (processId: number) => Attestation | undefined
  readonly config: CallConfig
  readonly lines: Pick<TrunkLines, 'take'>
  /** Addresses of this machine, beside those it listens on. */
  readonly ownAddresses?: readonly string[]
  readonly clock: Clock
  readonly random: RandomBytes
  readonly log: Pick<Log, 'fault'>
  /** A leg is released when nothing came from it for so long though packets are due, ms. */
  readonly quietLimitMs: number
  readonly emit: (event: CallEvent) => void
}

/** Whom a secure session parts. */
export type Parted = {
  /** Of his phone and the agent's; undefined for a trunk or a PBX. */
  readonly accounts: readonly (string | undefined)[]
  /** The caller's own, as he is known outside. */
  readonly callerNumber: string
}

/** What a call asks of its owner. */
export type CallOwner = {
  /** A leg of the call has these names. */
  readonly onNamed: (callId: string, names: LegNames) => void
  /** The feature code was keyed on the agent's phone. */
  readonly onFeatureCode: (callId: string, account: string | undefined) => void
  /** Whether a secure session parts one of these ends, in this call or another. */
  readonly isParted: (ends: Parted) => boolean
  /** Over: its legs are ended and its ports closed. Called once. */
  readonly onEnded: (callId: string) => void
  /** A secure session's audit record is closed: the call's picture has changed, perhaps after its end. */
  readonly onAudited: (view: CallView) => void
}
