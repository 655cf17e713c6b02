/** Where a relay records what it relays, for one run: looked at when it is over, so that no relay is measured that recorded nothing. */

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

export type Recording = {
  readonly folder: string
  /** Takes it away. @throws Error when nothing was recorded. */
  end(): void
}

/** @returns a folder of its own, in another one. */
export function recordingIn(parent: string): Recording {
  const folder = mkdtempSync(join(parent, 'recorded-'))
  return {
    folder,
    end() {
      const octets = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.parentPath.includes('metadata'))
        .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
      rmSync(folder, { recursive: true, force: true })
      process.stderr.write(`      recorded: ${(octets / 1e6).toFixed(1)} MB\n`)
      if (octets === 0) throw new Error('nothing was recorded')
    },
  }
}
