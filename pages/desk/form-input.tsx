/** The control of a form's field, by its type. Nothing that is typed is offered again by the browser. */

import { desk as deskWords } from './desk-words.ts'
import { type FormField, holdsCardNumber } from './form-check.ts'

type FormInputProps = {
  readonly of: {
    readonly id: string
    readonly 'aria-describedby': string | undefined
    readonly 'aria-invalid': boolean | undefined
  }
  readonly field: FormField
  readonly value: string
  readonly onValue: (value: string) => void
  readonly onLeave: () => void
}

export function FormInput({ of, field, value, onValue, onLeave }: FormInputProps) {
  const { type, required, choices = [] } = field
  const common = { ...of, required, onBlur: onLeave }
  if (type === 'choice')
    return (
      <select {...common} value={value} onChange={({ currentTarget }) => onValue(currentTarget.value)}>
        <option value="">{deskWords.value.nothingChosen}</option>
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    )
  const text = {
    ...common,
    autocomplete: 'off',
    value,
    onInput: ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => {
      onValue(currentTarget.value)
      // What was not taken is out of the field at once, even where nothing else changes.
      if (holdsCardNumber(currentTarget.value)) currentTarget.value = ''
    },
  }
  if (type === 'date') return <input {...text} type="date" />
  return <input {...text} type="text" inputMode={type === 'amount' ? 'decimal' : 'text'} />
}
