/** Whether somebody has a right, why, and every place that says something about it. */

import { addressOf } from '../../shared/place.ts'
import { REASONS, type Result } from './result.ts'

export function Outcome({ result }: { readonly result: Result }) {
  return (
    <>
      <span class={`badge ${result.allowed ? 'good' : 'bad'}`}>{result.allowed ? 'May' : 'May not'}</span>{' '}
      <span class="quiet">{REASONS[result.reason]}</span>
    </>
  )
}

export function Places({ from }: Pick<Result, 'from'>) {
  if (from.length === 0) return <span class="quiet">nowhere</span>
  return (
    <ul class="plain-list">
      {from.map(({ of, name, effect }) => (
        <li key={`${of} ${name}`}>
          {effect === 'deny' ? 'Denied' : 'Allowed'} {of === 'user' ? 'for' : 'by the workgroup'}{' '}
          <a href={addressOf(of === 'user' ? 'users' : 'workgroups', name)}>{name}</a>
        </li>
      ))}
    </ul>
  )
}
