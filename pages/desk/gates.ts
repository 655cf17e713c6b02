/** Whether a session may begin in a call, and every reason why not. */

import { type Api, Problem, type ProblemBody } from '../shared/api.ts'
import type { Form } from './form-check.ts'

/** What `GET /api/v1/calls/ID/forms` answers, and each thing else that closes the way. */
export type Gates = {
  readonly inCharge: boolean
  readonly gates: readonly { readonly gate: string; readonly open: boolean; readonly whyNot?: ProblemBody }[]
  readonly others: readonly ProblemBody[]
  readonly forms: readonly Form[]
}

/** @throws Problem */
export async function readGates(api: Api, callId: string, language: string, signal: AbortSignal): Promise<Gates> {
  const path = `/api/v1/calls/${encodeURIComponent(callId)}`
  try {
    const [forms, why] = await Promise.all([
      api.get<Omit<Gates, 'others'>>(`${path}/forms?language=${language}`, signal),
      api.get<{ gates: ProblemBody[] }>(`${path}/why-not`, signal),
    ])
    const shown = forms.gates.map(({ whyNot }) => whyNot?.code)
    return { ...forms, others: why.gates.filter(({ code }) => !shown.includes(code)) }
  } catch (error) {
    if (!(error instanceof Problem) || error.body.code !== 'web.forbidden') throw error
    return withoutRight(error.body)
  }
}

export function isEveryOpen({ gates, others }: Gates): boolean {
  return others.length === 0 && gates.every(({ open }) => open)
}

/** Who may not even see Secure Input is told of no other gate. */
function withoutRight(refused: ProblemBody): Gates {
  const whyNot = { ...refused, code: 'secure.no-right' }
  return { inCharge: true, gates: [{ gate: 'right', open: false, whyNot }], others: [], forms: [] }
}
