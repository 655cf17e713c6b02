/** The phone that one works at, as the server has it. */

import { type Api, Problem } from '../shared/api.ts'
import type { Me } from '../shared/session.ts'

export type Phone = {
  readonly account: string
  /** Undefined where the server does not tell. */
  readonly isRegistered: boolean | undefined
}

/** @returns the account of one's own phone, as far as one's role says it. */
export function accountOf({ acts }: Me): string | undefined {
  return acts === 'all' ? undefined : acts[0]
}

/** @returns undefined for who has none. */
export async function readPhone(api: Api, me: Me, signal: AbortSignal): Promise<Phone | undefined> {
  const account = accountOf(me)
  try {
    const { name, registered } = await api.get<{ name: string; registered: boolean }>('/api/v1/me/phone', signal)
    return { account: name, isRegistered: registered }
  } catch (error) {
    // A server that has no such address still lets one work.
    if (!(error instanceof Problem) || account === undefined) return undefined
    return { account, isRegistered: undefined }
  }
}
