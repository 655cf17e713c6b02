/** All registrations of ours: begun and ended together, changed while they stand, and asked which trunk a call comes from. */

import type { SipRequest } from './message.ts'
import type { Trunk } from './options.ts'
import { createRegistration, type Registration } from './registration.ts'
import { isSameRegistration } from './registration-terms.ts'
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
  /** From now on there are these: what is the same stands as it is, what is not is taken away, and begun with the new terms where there are any. */
  replace(trunks: readonly Trunk[]): void
  /** Takes our contacts away. @returns when that is answered, and after `LEAVE_MS` at the latest. */
  leave(): Promise<void>
  close(): void
}

type Terms = NonNullable<Trunk['registration']>
type Row = { readonly terms: Terms; readonly registration: Registration }

const LEAVE_MS = 2000

export function createTrunkRegistrations(
  stack: Stack,
  trunks: readonly Trunk[],
  tell: (event: TrunkEvent) => void,
): TrunkRegistrations {
  const begun = (trunk: string, terms: Terms): Row => {
    // What becomes of one that another has taken the place of is no news of its trunk.
    const news = (event: TrunkEvent) => {
      if ((rows.get(trunk) ?? row) === row) tell(event)
    }
    const row: Row = { terms, registration: createRegistration(stack, stack.clock, { ...terms, trunk }, news) }
    return row
  }
  let rows: Map<string, Row> = new Map(
    trunks.flatMap(({ name, registration }) =>
      registration === undefined ? [] : [[name, begun(name, registration)] as const],
    ),
  )
  /** Taken away, and not answered yet. */
  const leaving = new Set<Registration>()
  let phase: 'before' | 'running' | 'leaving' = 'before'

  const all = () => [...rows.values()].map(({ registration }) => registration)
  const takeAway = (registration: Registration): Promise<void> =>
    new Promise((resolve) => {
      leaving.add(registration)
      const done = () => {
        timer.cancel()
        registration.close()
        leaving.delete(registration)
        resolve()
      }
      const timer = stack.clock.after(LEAVE_MS, done)
      void registration.leave().then(done)
    })

  return {
    start: () => {
      phase = 'running'
      for (const each of all()) each.start()
    },
    byContact: (request) => {
      // A call may have been on its way to a contact that has just been changed; one for a trunk that is gone is nobody's.
      const found = [...all(), ...leaving].find((each) => each.isFor(request))
      return found === undefined || !rows.has(found.trunk) ? undefined : { name: found.trunk, user: found.user }
    },
    byRegistrar: (source) => {
      const [only, another] = all().filter(({ registrar }) => registrar !== undefined && isSamePeer(registrar, source))
      return only === undefined || another !== undefined ? undefined : { name: only.trunk }
    },
    flowClosed: (flow) => {
      for (const each of all()) each.flowClosed(flow)
    },
    routed: (target) => {
      const route = rows.get(target.trunk ?? '')?.registration.serviceRoute ?? []
      return route.length === 0 || target.route !== undefined ? target : { ...target, route }
    },
    view: (trunk) => {
      const found = rows.get(trunk)
      return found === undefined ? {} : { registration: found.registration.view() }
    },
    replace: (next) => {
      const before = rows
      rows = new Map()
      for (const { name, registration: terms } of next) {
        if (terms === undefined) continue
        const old = before.get(name)
        const isSame = old !== undefined && isSameRegistration(old.terms, terms)
        const row = isSame ? old : begun(name, terms)
        rows.set(name, row)
        if (isSame) before.delete(name)
        else if (phase === 'running') row.registration.start()
      }
      for (const { registration } of before.values()) void takeAway(registration)
    },
    leave: async () => {
      phase = 'leaving'
      if (rows.size === 0) return
      await new Promise<void>((resolve) => {
        const timer = stack.clock.after(LEAVE_MS, resolve)
        void Promise.all(all().map((each) => each.leave())).then(() => {
          timer.cancel()
          resolve()
        })
      })
    },
    close: () => {
      for (const each of [...all(), ...leaving]) each.close()
    },
  }
}
