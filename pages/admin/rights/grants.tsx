/** Rights of one entry: each allowed, denied or not said. */

import { useId } from 'preact/hooks'
import type { Effect, Grants, Right } from '../../../src/directory/rights.ts'
import { ScrolledTable } from '../../shared/scrolled-table.tsx'
import { RIGHTS } from './result.ts'

const CHOICES: readonly { readonly effect: Effect | undefined; readonly title: string }[] = [
  { effect: undefined, title: 'Not said' },
  { effect: 'allow', title: 'Allow' },
  { effect: 'deny', title: 'Deny' },
]

type GrantsProps = {
  readonly rights: Grants
  /** Whom they count for. */
  readonly hint: string
  readonly onRights: (rights: Grants) => void
}

export function GrantsField({ rights, hint, onRights }: GrantsProps) {
  const id = useId()
  return (
    <fieldset class="stack">
      <legend>Rights</legend>
      <p class="quiet" id={`${id}-hint`}>
        {hint} A denial wins wherever it stands; what is allowed nowhere is denied.
      </p>
      <ScrolledTable caption="Rights" kind="entries matrix" heads={['Right', ...CHOICES.map(({ title }) => title)]}>
        {RIGHTS.map(({ right, title, says }) => (
          <tr key={right}>
            <th scope="row">
              {title}
              <br />
              <span class="quiet">{says}</span>
            </th>
            {CHOICES.map((choice) => (
              <td key={choice.title} data-title={choice.title}>
                <input
                  type="radio"
                  name={`${id}-${right}`}
                  aria-label={`${title}: ${choice.title}`}
                  checked={rights[right] === choice.effect}
                  onChange={() => onRights(withGrant(rights, right, choice.effect))}
                />
              </td>
            ))}
          </tr>
        ))}
      </ScrolledTable>
    </fieldset>
  )
}

function withGrant(rights: Grants, right: Right, effect: Effect | undefined): Grants {
  const { [right]: _before, ...others } = rights
  return effect === undefined ? others : { ...others, [right]: effect }
}
