/** Fields of forms: each with its label, its hint and what is wrong with it. */

import type { JSX } from 'preact'
import { useId } from 'preact/hooks'
import { Field } from '../shared/pieces.tsx'

type Common = { readonly label: string; readonly hint?: string | undefined; readonly wrong?: string | undefined }

type TextProps = Common & {
  readonly value: string
  readonly onValue: (value: string) => void
  readonly isLong?: boolean
  readonly isRequired?: boolean
  /** A name rather than words: written as it is. */
  readonly isName?: boolean
  readonly type?: 'text' | 'search' | 'number' | 'date' | 'password'
  readonly maxLength?: number
  /** What may be meant. */
  readonly offered?: readonly string[] | undefined
}

export function TextField({ label, hint, wrong, value, onValue, isLong, isName, offered, ...more }: TextProps) {
  const list = useId()
  const { isRequired: required = false, type = 'text', maxLength } = more
  const input = ({ currentTarget }: { readonly currentTarget: HTMLInputElement | HTMLTextAreaElement }) =>
    onValue(currentTarget.value)
  return (
    <Field label={label} hint={hint} wrong={wrong}>
      {(of) =>
        isLong ? (
          <textarea {...of} rows={3} maxLength={maxLength} value={value} onInput={input} />
        ) : (
          <>
            <Input
              {...of}
              kind={type}
              required={required}
              maxLength={maxLength}
              autocapitalize={isName ? 'none' : undefined}
              spellcheck={isName ? false : undefined}
              list={offered && list}
              value={value}
              onInput={input}
            />
            {offered && (
              <datalist id={list}>
                {offered.map((each) => (
                  <option key={each} value={each} />
                ))}
              </datalist>
            )}
          </>
        )
      }
    </Field>
  )
}

type InputProps = Omit<JSX.IntrinsicElements['input'], 'type' | 'list' | 'role'> & {
  readonly kind: NonNullable<TextProps['type']>
  readonly list: string | undefined
}

/** A list belongs to some types alone. */
function Input({ kind, list, ...rest }: InputProps) {
  if (kind === 'password') return <input {...rest} type="password" autocomplete="new-password" />
  const more = { ...rest, autocomplete: 'off' } as const
  if (kind === 'date') return <input {...more} type="date" />
  if (kind === 'number') return <input {...more} type="number" />
  if (kind === 'search') return <input {...more} type="search" />
  return <input {...more} type="text" list={list} />
}

type CheckProps = Common & { readonly value: boolean; readonly onValue: (value: boolean) => void }

export function CheckField({ label, hint, wrong, value, onValue }: CheckProps) {
  const id = useId()
  return (
    <div class="check">
      <input
        id={id}
        type="checkbox"
        checked={value}
        aria-describedby={hint || wrong ? `${id}-hint` : undefined}
        onChange={({ currentTarget }) => onValue(currentTarget.checked)}
      />
      <label for={id}>{label}</label>
      {(hint || wrong) && (
        <span class={wrong ? 'wrong' : 'hint'} id={`${id}-hint`}>
          {wrong ?? hint}
        </span>
      )}
    </div>
  )
}

export type Choice = { readonly value: string; readonly text: string }

type SelectProps = Common & {
  readonly value: string
  readonly choices: readonly Choice[]
  readonly onValue: (value: string) => void
}

/** A value that is no choice any more stays to be seen. */
export function SelectField({ label, hint, wrong, value, choices, onValue }: SelectProps) {
  const isKnown = choices.some((choice) => choice.value === value)
  return (
    <Field label={label} hint={hint} wrong={wrong}>
      {(of) => (
        <select {...of} value={value} onChange={({ currentTarget }) => onValue(currentTarget.value)}>
          {!isKnown && <option value={value}>{value === '' ? 'Choose …' : `${value} (not there)`}</option>}
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.text}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}
