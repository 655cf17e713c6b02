/** What is shown and told of trunks: their registrations and the state of where calls are sent. Types only. */

import type { FaultCode } from '../base/faults.ts'
import type { SipTransport } from './session.ts'

export type RegistrationView = {
  /** `registered` until what was granted expires, though a refresh may have failed. */
  readonly state: 'off' | 'registering' | 'registered' | 'waiting'
  /** URI of the registrar. */
  readonly registrar: string
  /** Who granted it. */
  readonly address?: string
  readonly transport?: SipTransport
  readonly expiresInSeconds?: number
  /** In a row. */
  readonly failures: number
  readonly lastStatus?: number
  readonly fault?: FaultCode
}

export type TrunkView = {
  readonly name: string
  readonly registration?: RegistrationView
}

/** Where calls are sent. */
export type TargetView = {
  /** Absent for a PBX that a route leads to. */
  readonly trunk?: string
  readonly uri: string
  readonly priority: number
  readonly weight: number
  /** By OPTIONS: `unknown` before the first is answered, or enough of them are not. */
  readonly state: 'not-pinged' | 'unknown' | 'up' | 'down'
  /** In a row. */
  readonly failedPings: number
  /** For how long it is still asked after the others because a call to it failed. */
  readonly setAsideSeconds: number
}

type News = { readonly atMs: number; readonly trunk: string }

export type TrunkEvent =
  | (News & { readonly type: 'trunk.registered'; readonly seconds: number })
  | (News & {
      readonly type: 'trunk.registration-failed'
      readonly fault: FaultCode
      /** Of the refusal; absent when nobody answered. */
      readonly status?: number
      readonly retrySeconds: number
      /** The registration before has not expired yet. */
      readonly stillRegistered: 'yes' | 'no'
    })
  /** It expired: nobody reaches us by it. */
  | (News & { readonly type: 'trunk.registration-lost' })
  /** We took it away ourselves. */
  | (News & { readonly type: 'trunk.unregistered' })
  /** Pings are not answered. `trunk` is empty for a PBX that a route leads to. */
  | (News & { readonly type: 'trunk.target-down' | 'trunk.target-up'; readonly target: string })
