/** A text that may be given in several languages: for all of them at first, for each where somebody wants that. */

import { LANGUAGES } from '../../shared/language-names.ts'
import type { Troubles } from '../entries/troubles.ts'
import { TextField } from '../fields.tsx'
import { type Texts, textIn, withText } from './texts.ts'

type TextsProps = {
  readonly label: string
  readonly hint: string
  readonly place: string
  readonly troubles: Troubles
  readonly value: Texts
  readonly maxLength: number
  readonly isLong?: boolean
  readonly onValue: (value: Texts) => void
}

export function TextsField({ label, hint, place, troubles, value, maxLength, isLong = false, onValue }: TextsProps) {
  const wrong = troubles.at(place)
  if (typeof value === 'string')
    return (
      <div class="texts">
        <TextField
          label={label}
          hint={hint}
          wrong={wrong}
          isLong={isLong}
          maxLength={maxLength}
          value={value}
          onValue={onValue}
        />
        <button
          type="button"
          class="plain"
          aria-label={`In several languages: ${label}`}
          onClick={() => onValue({ en: value })}
        >
          In several languages
        </button>
      </div>
    )
  const languages = new Map<string, string>([
    ...Object.entries(LANGUAGES),
    ...Object.keys(value)
      .filter((language) => !Object.hasOwn(LANGUAGES, language))
      .map((language) => [language, language] as const),
  ])
  return (
    <fieldset class="stack">
      <legend>{label}</legend>
      <p class="quiet">{hint} Where a language has none, English is shown, or the first there is.</p>
      {wrong && <p class="wrong">{wrong}</p>}
      {[...languages].map(([language, name]) => (
        <TextField
          key={language}
          label={`${label} (${name})`}
          wrong={troubles.at(`${place}.${language}`)}
          isLong={isLong}
          maxLength={maxLength}
          value={value[language] ?? ''}
          onValue={(text) => onValue(withText(value, language, text))}
        />
      ))}
      <div class="row">
        <button
          type="button"
          class="plain"
          aria-label={`The same for all languages: ${label}`}
          onClick={() => onValue(textIn(value))}
        >
          The same for all languages
        </button>
      </div>
    </fieldset>
  )
}
