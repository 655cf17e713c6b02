/** How far somebody has come with his first secure call, by what the server tells. Pure. */

import type { ServerEvent } from '../shared/events.ts'

export type Result = 'accepted' | 'declined' | 'failed'

export type Progress = {
  /** Accounts of phones that are registered. */
  readonly registered: ReadonlySet<string>
  readonly called: boolean
  readonly begun: boolean
  readonly result: Result | undefined
}

export const NOTHING_YET: Progress = { registered: new Set(), called: false, begun: false, result: undefined }

export type PhoneState = { readonly name: string; readonly registered: boolean }

/** A phone that has been there counts, whatever becomes of it. */
export function withPhones(progress: Progress, phones: readonly PhoneState[]): Progress {
  const names = phones.filter(({ registered }) => registered).map(({ name }) => name)
  if (names.every((name) => progress.registered.has(name))) return progress
  return { ...progress, registered: new Set([...progress.registered, ...names]) }
}

export function withEvent(progress: Progress, event: ServerEvent): Progress {
  switch (event.type) {
    case 'call.bridged':
      return { ...progress, called: true }
    case 'secure.requested':
      return { ...progress, called: true, begun: true, result: undefined }
    case 'secure.ended':
      return { ...progress, called: true, begun: true, result: resultIn(event['outcome']) }
    default:
      return progress
  }
}

function resultIn(outcome: unknown): Result {
  const result = typeof outcome === 'object' && outcome !== null && 'result' in outcome ? outcome.result : undefined
  return result === 'accepted' || result === 'declined' ? result : 'failed'
}
