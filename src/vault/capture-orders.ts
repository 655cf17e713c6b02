/**
 * What the agent may order while the caller is at the keys, or while the agent is asked how to go on after a verdict. An order that has no
 * meaning where the session stands is passed over: it crossed with what the caller did.
 */

import type { CapturePlan, CaptureState, Run } from './capture-terms.ts'
import type { Order } from './contract.ts'
import { without } from './program.ts'

/** Where the session goes on, and which entries are overwritten before. */
export type Ordered = { readonly run: Run; readonly forgotten: readonly number[] }

/** @returns `undefined` for an order that has no meaning here. */
export function obey(plan: CapturePlan, state: CaptureState, order: Order): Ordered | undefined {
  switch (state.at) {
    case 'asking':
    case 'listening':
    case 'keying':
    case 'reading':
    case 'confirming':
      return whileCollecting(plan, state.run, state.field, order)
    case 'waiting':
      return whileWaiting(plan, state.run, order)
    default:
      return undefined
  }
}

/** Fields are asked for again right away, and the field that was interrupted after them. */
function whileCollecting(plan: CapturePlan, run: Run, field: number, order: Order): Ordered | undefined {
  if (order.what === 'go-on') return undefined
  if (order.what === 'again-all') return fromTheFirst(plan, run, everyField(plan))
  const { fields } = order
  if (!canBeAskedAgain(run, fields)) return undefined
  const again = [...fields, ...run.again.filter((each) => !fields.includes(each))]
  return { run: { ...without(run, fields), again }, forgotten: [...fields, field] }
}

function whileWaiting(plan: CapturePlan, run: Run, order: Order): Ordered | undefined {
  if (order.what === 'go-on') return { run, forgotten: [] }
  if (order.what === 'again-all') return fromTheFirst(plan, run, everyField(plan))
  return canBeAskedAgain(run, order.fields) ? fromTheFirst(plan, run, order.fields) : undefined
}

/** Forgets the fields and goes to the first step that asks for one of them. */
function fromTheFirst(plan: CapturePlan, run: Run, fields: readonly number[]): Ordered | undefined {
  const step = plan.steps.findIndex((each) => each.do === 'collect' && fields.includes(each.field))
  return step < 0 ? undefined : { run: { ...without(run, fields), again: [], step }, forgotten: fields }
}

function canBeAskedAgain(run: Run, fields: readonly number[]): boolean {
  return fields.length > 0 && fields.every((field) => run.asked.includes(field))
}

function everyField(plan: CapturePlan): readonly number[] {
  return plan.fields.map((_, field) => field)
}
