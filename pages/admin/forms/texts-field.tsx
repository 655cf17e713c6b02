/** A text that agents read: one for all of them, or one for each language that desks speak. */

import { useState } from 'preact/hooks'
import { TextField } from '../fields.tsx'
import { languageName, languagesOf, plainOf, type Texts, withText } from './languages.ts'

type TextsFieldProps = {
  readonly label: string
  readonly hint: string
  readonly isLong?: boolean
  readonly maxLength: number
  /** What is wrong with it, or with its text in a language. */
  readonly wrongAt: (language?: string) => string | undefined
  readonly value: Texts
  readonly onValue: (value: Texts) => void
}

export function TextsField({ label, hint, isLong = false, maxLength, wrongAt, value, onValue }: TextsFieldProps) {
  const [isMany, setMany] = useState(typeof value !== 'string')
  if (!isMany && typeof value === 'string')
    return (
      <div class="stack tight">
        <TextField {...{ label, hint, isLong, maxLength, value, onValue }} wrong={wrongAt()} />
        <div>
          <button
            type="button"
            class="plain"
            aria-label={`${label} in several languages`}
            onClick={() => {
              setMany(true)
              if (value !== '') onValue({ en: value })
            }}
          >
            In several languages
          </button>
        </div>
      </div>
    )
  const texts = typeof value === 'string' ? (value === '' ? {} : { en: value }) : value
  return (
    <fieldset class="stack tight">
      <legend>{label}</legend>
      <p class="quiet">{hint} A desk takes its own language, English where that is empty, or any.</p>
      {wrongAt() && <p class="wrong">{wrongAt()}</p>}
      {languagesOf(texts).map((language) => (
        <TextField
          key={language}
          label={`${label}, ${languageName(language)}`}
          wrong={wrongAt(language)}
          {...{ isLong, maxLength }}
          value={texts[language] ?? ''}
          onValue={(text) => onValue(withText(texts, language, text))}
        />
      ))}
      <div>
        <button
          type="button"
          class="plain"
          aria-label={`${label}: one text for every language`}
          onClick={() => {
            setMany(false)
            onValue(plainOf(value))
          }}
        >
          One text for every language
        </button>
      </div>
    </fieldset>
  )
}
