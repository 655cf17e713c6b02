/** The processes of a running server: which is control, which are media, which are vaults. Read from /proc. */

import { readFileSync } from 'node:fs'
import { descendantsOf } from './memory-search.ts'

export type Role = 'control' | 'media' | 'vault'
export type ServerProcess = { readonly pid: number; readonly role: Role }

/** @param control process id of `sotto start`. @throws Error when there is no such process. */
export function processesOf(control: number): readonly ServerProcess[] {
  return descendantsOf(control).map((pid) => ({ pid, role: pid === control ? 'control' : roleOf(pid) }))
}

/** By its entry file, or by the title that a media process gives itself. What is neither is control's own. */
function roleOf(pid: number): Role {
  const name = /(?:\/|sotto-)(media|vault)\b/.exec(readFileSync(`/proc/${pid}/cmdline`, 'latin1'))?.[1]
  return name === 'media' || name === 'vault' ? name : 'control'
}

/** A process in words. */
export function nameOf({ pid, role }: ServerProcess): string {
  return `${role}, process ${pid}`
}
