/** Values that go along with every session of a form, unseen by agents (PC-35). */

import type { Troubles } from '../entries/troubles.ts'
import { TextField } from '../fields.tsx'
import { replaced } from '../moved.ts'
import type { Attribute } from './words.ts'

type AttributesProps = {
  readonly attributes: readonly Attribute[]
  readonly troubles: Troubles
  readonly onAttributes: (attributes: readonly Attribute[]) => void
}

const MOST = 30

export function AttributesField({ attributes, troubles, onAttributes }: AttributesProps) {
  const wrong = troubles.at('attributes')
  return (
    <fieldset class="stack">
      <legend>Custom attributes</legend>
      <p class="quiet">
        Sent along behind the fields with each session. Agents do not see them; they are no place for secrets.
      </p>
      {wrong && <p class="wrong">{wrong}</p>}
      {attributes.map((attribute, at) => (
        <fieldset key={at} aria-label={`Attribute ${at + 1}`} class="bare columns">
          <TextField
            label="Attribute"
            isName
            isRequired
            maxLength={64}
            wrong={troubles.at(`attributes[${at}].name`)}
            value={attribute.name}
            onValue={(name) => onAttributes(replaced(attributes, at, { ...attribute, name }))}
          />
          <TextField
            label="Value"
            maxLength={1024}
            wrong={troubles.at(`attributes[${at}].value`)}
            value={attribute.value}
            onValue={(value) => onAttributes(replaced(attributes, at, { ...attribute, value }))}
          />
          <button
            type="button"
            aria-label={`Take out attribute ${at + 1}`}
            onClick={() => onAttributes(attributes.filter((_, each) => each !== at))}
          >
            Take out
          </button>
        </fieldset>
      ))}
      <div class="row">
        <button
          type="button"
          disabled={attributes.length >= MOST}
          onClick={() => onAttributes([...attributes, { name: '', value: '' }])}
        >
          Add an attribute
        </button>
      </div>
    </fieldset>
  )
}
