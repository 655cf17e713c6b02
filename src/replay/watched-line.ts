/**
 * Looks at each key on its way from a replayed line to its session: what a capture holds is the operator's, who may ask for the digits. The one
 * file outside the vault that may look, and no vault process has it.
 */

import { openKey } from '../vault/key.ts'
import type { LineOptions } from '../vault/line.ts'

/** @param onKey gets the RFC 4733 event code of each key, before the session does. */
export function watchedLine(options: LineOptions, onKey: (code: number) => void): LineOptions {
  return {
    ...options,
    onKey: (key) => {
      onKey(openKey(key))
      options.onKey(key)
    },
  }
}
