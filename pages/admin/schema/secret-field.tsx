/** A secret: written, never shown, and taken away alone where one is set. The server takes null for that. */

import { TextField } from '../fields.tsx'
import { withinSentence } from './node.ts'
import type { MemberProps } from './schema-fields.tsx'

type SecretProps = Pick<MemberProps, 'place' | 'value' | 'secrets' | 'onValue'> & {
  readonly label: string
  readonly hint: string
  readonly wrong: string | undefined
}

export function SecretField({ label, hint, wrong, place, value, secrets, onValue }: SecretProps) {
  const isSet = secrets.includes(place)
  const isTaken = value === null
  const how = isTaken
    ? 'The one that is set is taken away when this is saved.'
    : isSet
      ? 'One is set, and is never shown. Leave this empty to keep it.'
      : 'None is set.'
  return (
    <>
      <TextField
        label={label}
        hint={`${how} ${hint}`}
        wrong={wrong}
        type="password"
        value={typeof value === 'string' ? value : ''}
        onValue={(text) => onValue(text === '' ? undefined : text)}
      />
      {isSet && (
        <div class="row">
          <button type="button" onClick={() => onValue(isTaken ? undefined : null)}>
            {`${isTaken ? 'Keep' : 'Take away'} the ${withinSentence(label)} that is set`}
          </button>
        </div>
      )}
    </>
  )
}
