/** Listens for the feature code on the agent's phone: keys in, one word out when the code is complete. */

import type { Clock } from '../base/clock.ts'
import { NO_KEYS, parseFeatureCode, stepFeatureCode } from './feature-code.ts'

export type AgentKeypad = {
  /** A key, RFC 4733 event code. @param counts false when no code can be meant just now: what was keyed is forgotten. */
  key(key: number, counts: boolean): void
  /** There is a code to listen for. */
  readonly listens: boolean
}

/** A pause between two keys of a code that starts it anew, ms. */
const KEY_GAP_MS = 3000

/** @param featureCode as the configuration writes it. */
export function createAgentKeypad(featureCode: string, clock: Clock, onCode: () => void): AgentKeypad {
  const code = parseFeatureCode(featureCode)
  let keys = NO_KEYS
  return {
    listens: code !== undefined,
    key(key, counts) {
      if (code === undefined || !counts) {
        keys = NO_KEYS
        return
      }
      const [next, complete] = stepFeatureCode(code, keys, key, clock.now(), KEY_GAP_MS)
      keys = next
      if (complete) onCode()
    },
  }
}
