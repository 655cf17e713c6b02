/** All registrations of ours: begun and ended together, and asked which trunk a call comes from. */

import type { SipRequest } from './message.ts'
import type { Trunk } from './options.ts'
import { createRegistration, type Registration } from './registration.ts'
import type { InviteTarget, SipPeer } from './session.ts'
import type { Stack } from './stack.ts'
import { type Flow, isSamePeer } from './transport.ts'
import type { TrunkEvent, TrunkView } from './trunk-view.ts'

/** A trunk that a call comes from by our registration: `user` is the user part of our contact, where the call is for that. */
export type Registered = { readonly name: string; readonly user?: string }

export type TrunkRegistrations = {
  start(): void
  /** A call for our contact belongs to its trunk wherever it comes from: nobody but the registrar knows the token in it. */
  byContact(request: SipRequest): Registered | undefined
  /** One that a registrar sends without the token, from where it was asked, belongs to the trunk that is registered there, if that is one alone. */
  byRegistrar(source: SipPeer): Registered | undefined
  /** A connection has ended. */
  flowClosed(flow: Flow): void
  /** @returns a target with the Route that the registrar of its trunk has named (RFC 3608), unless it has one of its own. */
  routed(target: InviteTarget): InviteTarget
  view(trunk: string): Pick<TrunkView, 'registration'>
  /** Takes our contacts away. @returns when that is answered, and after `LEAVE_MS` at the latest. */
  leave(): Promise<void>
  close(): void
}

const LEAVE_MS = 2000

export function createTrunkRegistrations(
  stack: Stack,
  trunks: readonly Trunk[],
  tell: (event: TrunkEvent) => void,
): TrunkRegistrations {
  const all: readonly Registration[] = trunks.flatMap(({ name, registration }) =>
    registration === undefined ? [] : [createRegistration(stack, stack.clock, { ...registration, trunk: name }, tell)],
  )
  return {
    start: () => {
      for (const each of all) each.start()
    },
    byContact: (request) => {
      const found = all.find((each) => each.isFor(request))
      return found === undefined ? undefined : { name: found.trunk, user: found.user }
    },
    byRegistrar: (source) => {
      const [only, another] = all.filter(({ registrar }) => registrar !== undefined && isSamePeer(registrar, source))
      return only === undefined || another !== undefined ? undefined : { name: only.trunk }
    },
    flowClosed: (flow) => {
      for (const each of all) each.flowClosed(flow)
    },
    routed: (target) => {
      const route = all.find(({ trunk }) => trunk === target.trunk)?.serviceRoute ?? []
      return route.length === 0 || target.route !== undefined ? target : { ...target, route }
    },
    view: (trunk) => {
      const found = all.find((each) => each.trunk === trunk)
      return found === undefined ? {} : { registration: found.view() }
    },
    leave: async () => {
      if (all.length === 0) return
      await new Promise<void>((resolve) => {
        const timer = stack.clock.after(LEAVE_MS, resolve)
        void Promise.all(all.map((each) => each.leave())).then(() => {
          timer.cancel()
          resolve()
        })
      })
    },
    close: () => {
      for (const each of all) each.close()
    },
  }
}
