/** What somebody proves himself with: a name and a password, so that a browser's keeper of passwords knows them on every page. */

import { Field } from './pieces.tsx'

type ProofProps = {
  readonly label: string
  readonly hint?: string
  readonly value: string
  readonly onValue: (value: string) => void
}

export function NameField({ label, hint, value, onValue }: ProofProps) {
  return (
    <Field label={label} hint={hint}>
      {(of) => (
        <input
          {...of}
          required
          maxLength={64}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}

/** `isNew` where one is chosen. */
export function PasswordField({
  label,
  hint,
  value,
  onValue,
  isNew = false,
}: ProofProps & { readonly isNew?: boolean }) {
  return (
    <Field label={label} hint={hint}>
      {(of) => (
        <input
          {...of}
          required
          type="password"
          autocomplete={isNew ? 'new-password' : 'current-password'}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}
