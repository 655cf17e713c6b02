/** Texts of forms that stand in one language or in several: each language has a field of its own once there are several. */

import type { Words } from '../../../src/directory/words.ts'
import { TextField } from '../fields.tsx'

type Props = {
  readonly label: string
  readonly hint?: string
  readonly wrong?: string | undefined
  readonly isLong?: boolean
  readonly maxLength: number
  readonly value: Words
  readonly onValue: (value: Words) => void
}

/** Those that the desk speaks; a form may have more. */
const LANGUAGES: readonly { readonly tag: string; readonly name: string }[] = [
  { tag: 'en', name: 'English' },
  { tag: 'de', name: 'German' },
  { tag: 'fr', name: 'French' },
  { tag: 'es', name: 'Spanish' },
]

export function TranslatedField({ label, hint, value, onValue, ...more }: Props) {
  if (typeof value === 'string')
    return (
      <div class="stack">
        <TextField {...more} label={label} hint={hint} value={value} onValue={onValue} />
        <p>
          <button type="button" onClick={() => onValue({ en: value })}>
            {label} in several languages
          </button>
        </p>
      </div>
    )
  const put = (tag: string, text: string) => onValue(withText(value, tag, text))
  return (
    <fieldset class="stack">
      <legend>{label}</legend>
      {tagsOf(value).map((tag) => (
        <TextField
          {...more}
          key={tag}
          label={`${label} (${nameOf(tag)})`}
          hint={tag === 'en' ? `${hint ?? ''} Read by who has none of the others.`.trim() : undefined}
          value={value[tag] ?? ''}
          onValue={(text) => put(tag, text)}
        />
      ))}
    </fieldset>
  )
}

/** @returns the text as somebody sees it who reads English, for lists and for what is shown here. */
export function readText(words: Words): string {
  if (typeof words === 'string') return words
  return words['en'] ?? Object.values(words)[0] ?? ''
}

/** What is empty is left out; without any text there is one empty text. */
function withText(words: Exclude<Words, string>, tag: string, text: string): Words {
  const kept = Object.entries({ ...words, [tag]: text }).filter(([, each]) => each !== '')
  return kept.length === 0 ? '' : Object.fromEntries(kept)
}

function tagsOf(words: Exclude<Words, string>): readonly string[] {
  return [...new Set([...LANGUAGES.map(({ tag }) => tag), ...Object.keys(words)])]
}

function nameOf(tag: string): string {
  return LANGUAGES.find((each) => each.tag === tag)?.name ?? tag
}
