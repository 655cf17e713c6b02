/** Two legs that hear each other: both are watched for a silence that means death, and the agent's keys are heard for the feature code. */

import type { AgentKeypad } from './agent-keypad.ts'
import type { CallWorld } from './call-world.ts'
import type { Pair, Role } from './pair.ts'
import { type QuietWatch, watchBoth } from './quiet.ts'

export type Joined = {
  /** Begins, or begins anew with other legs. */
  begin(): void
  /** The media process says that nothing came from a leg for so long, ms. */
  fellQuiet(role: Role, quietMs: number): void
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
  const close = () => {
    for (const watch of Object.values(watches)) watch.close()
  }
  return {
    begin: () => {
      close()
      watches = watchBoth(pair, clock, quietLimitMs, onDead)
      // A far end outside is nobody who may start a secure session.
      const listening =
        keypad?.listens === true && !pair.agentIsOutside ? pair.leg('agent')?.hearFeatureKeys() : undefined
      listening?.catch((thrown: unknown) => log.fault(thrown, { callId }))
    },
    fellQuiet: (role, quietMs) => watches[role]?.fellQuiet(quietMs),
    close,
  }
}
