/** What draws a custom form: one of the add-ins that there are, or, where nobody knows of any, a name. */

import { useEffect, useState } from 'preact/hooks'
import type { Api } from '../../shared/api.ts'
import { addressOf } from '../../shared/place.ts'
import { readAddIns } from '../add-ins/read.ts'
import { componentChoices } from '../add-ins/words.ts'
import { type Choice, SelectField, TextField } from '../fields.tsx'
import { LABELS } from './words.ts'

type ComponentProps = {
  readonly api: Api
  readonly value: string
  readonly wrong: string | undefined
  readonly onValue: (value: string) => void
}

export function ComponentField({ api, value, wrong, onValue }: ComponentProps) {
  const [choices, setChoices] = useState<readonly Choice[]>([])
  useEffect(() => {
    // Without the list one sees what is chosen, and the server says what it thinks of it.
    readAddIns(api).then(
      ({ addIns }) => setChoices(componentChoices(addIns)),
      () => undefined,
    )
  }, [api])
  return (
    <>
      {choices.length === 0 ? (
        <TextField
          label={LABELS.component}
          hint="Name of an add-in, such as order-lookup: small letters and digits, with a dash within. None is loaded yet."
          isName
          isRequired
          maxLength={64}
          wrong={wrong}
          value={value}
          onValue={onValue}
        />
      ) : (
        <SelectField
          label={LABELS.component}
          hint="The add-in that draws the form."
          wrong={wrong}
          value={value}
          choices={choices}
          onValue={onValue}
        />
      )}
      <p class="quiet">
        <a href={addressOf('add-ins')}>Add-ins</a> has what is loaded, and what is wrong with what is not.
      </p>
    </>
  )
}
