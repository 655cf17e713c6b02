/** Pages of calls, and what names their content. Pure. */

import { Type } from 'typebox'
import { digestOf } from '../base/digest.ts'
import type { CallView } from '../call/index.ts'
import { writeJson } from './json.ts'

export type CallPageQuestion = { readonly limit?: string; readonly after?: string }

export const aCallPage = Type.Object(
  {
    limit: Type.Optional(
      Type.String({ pattern: '^(?:[1-9][0-9]{0,2}|1000)$', description: 'All of them when absent.' }),
    ),
    after: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,15}(?:\\.[0-9]{1,9})?~[\\w-]{1,64}$',
        description: '`next` of the page before.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** By when calls of a list are in order: those that stand by their beginning, oldest first; those that ended by their end, newest first. */
export type CallOrder = 'began' | 'ended'

/** @returns a page of calls, and what the next one is asked with. A page goes on behind its call, even when that has left the list meanwhile. */
export function callPage(
  views: readonly CallView[],
  order: CallOrder,
  { limit, after }: CallPageQuestion,
): { readonly views: readonly CallView[]; readonly next?: string } {
  const rest = after === undefined ? views : behind(views, order, after)
  if (limit === undefined || rest.length <= Number(limit)) return { views: rest }
  const shown = rest.slice(0, Number(limit))
  const last = shown.at(-1)
  return last === undefined ? { views: shown } : { views: shown, next: `${timeOf(last, order)}~${last.callId}` }
}

/** @returns a tag of what is shown, which the time of the answer is no part of (RFC 9110 section 8.8.1). */
export function tagOfCalls(shown: object): string {
  return `W/"${digestOf(writeJson(shown))}"`
}

function behind(views: readonly CallView[], order: CallOrder, after: string): readonly CallView[] {
  const [time = '', callId] = after.split('~')
  const at = views.findIndex((view) => view.callId === callId)
  if (at >= 0) return views.slice(at + 1)
  const atMs = Number(time)
  return views.filter((view) => (order === 'began' ? timeOf(view, order) > atMs : timeOf(view, order) < atMs))
}

/** In thousandths, as it is shown. */
function timeOf({ startedAtMs, endedAtMs = startedAtMs }: CallView, order: CallOrder): number {
  return Math.round((order === 'began' ? startedAtMs : endedAtMs) * 1000) / 1000
}
