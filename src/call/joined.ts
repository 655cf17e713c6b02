/** Two legs that hear each other: both are watched for a silence that means death, and the agent's keys are heard for the feature code. */

import type { AgentKeypad } from './agent-keypad.ts'
import type { CallWorld } from './call-world.ts'
import type { Leg } from './leg.ts'
import type { Pair, Role } from './pair.ts'
import { type QuietWatch, watchBoth } from './quiet.ts'

export type Joined = {
  /** Begins, or begins anew with other legs. */
  begin(): void
  /** The media process says that nothing came for so long, ms, from a leg that has this role, or may get it. */
  fellQuiet(role: Role, leg: Leg, quietMs: number): void
  close(): void
}

/** @param onDead a far end has died without a word. */
export function watchJoined(
  { clock, quietLimitMs, log }: Pick<CallWorld, 'clock' | 'quietLimitMs' | 'log'>,
  pair: Pair,
  callId: string,
  /** Absent where no secure session may be started from the phone. */
  keypad: AgentKeypad | undefined,
  onDead: (role: Role) => void,
): Joined {
  let watches: Partial<Record<Role, QuietWatch>> = {}
  /** Legs that were said to be quiet: it is said once a silence, which may have begun before the call was joined, or joined anew. */
  const saidQuiet = new WeakSet<Leg>()
  const close = () => {
    for (const watch of Object.values(watches)) watch.close()
  }
  return {
    begin: () => {
      close()
      watches = watchBoth(pair, clock, quietLimitMs, onDead)
      for (const role of ['placing', 'placed'] as const) {
        const leg = pair.legOf(role)
        if (leg !== undefined && saidQuiet.has(leg)) watches[role]?.fellQuiet(0)
      }
      // A far end outside is nobody who may start a secure session.
      const listening =
        keypad?.listens === true && !pair.agentIsOutside ? pair.leg('agent')?.hearFeatureKeys() : undefined
      listening?.catch((thrown: unknown) => log.fault(thrown, { callId }))
    },
    fellQuiet: (role, leg, quietMs) => {
      saidQuiet.add(leg)
      if (pair.legOf(role) === leg) watches[role]?.fellQuiet(quietMs)
    },
    close,
  }
}
