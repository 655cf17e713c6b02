/** Flows: what a secure session asks a caller for. Their list, one of them with its versions, two versions side by side, and a text with its drawing and a dry run. */

import '../voice.css'
import type { SectionProps } from '../../section.ts'
import { Compare } from './compare.tsx'
import { FlowDetail } from './flow-detail.tsx'
import { FlowList } from './flow-list.tsx'
import { Workbench } from './workbench.tsx'

/** `#/flows`, `#/flows/ID`, `#/flows/ID/VERSION`, `#/flows/ID/edit[/VERSION]`, `#/flows/ID/compare/ONE/OTHER`, `#/flows/+new`. */
export function Flows({ api, rest }: SectionProps) {
  const [id, what, one, other] = rest
  if (id === undefined) return <FlowList api={api} />
  if (id === '+new') return <Workbench key="new" api={api} id={undefined} version={undefined} isEdited />
  if (what === undefined) return <FlowDetail key={id} api={api} id={id} />
  if (what === 'edit') return <Workbench key={`${id} edit ${one}`} api={api} id={id} version={numberIn(one)} isEdited />
  if (what === 'compare')
    return <Compare key={rest.join(' ')} api={api} id={id} versions={[numberIn(one) ?? 0, numberIn(other) ?? 0]} />
  return <Workbench key={`${id} ${what}`} api={api} id={id} version={numberIn(what)} isEdited={false} />
}

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined
}
