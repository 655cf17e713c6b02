/** The fields of a form, in the order in which agents fill them in; moved by buttons. */

import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Troubles } from '../entries/troubles.ts'
import { CheckField, SelectField, TextField } from '../fields.tsx'
import { MoveButtons, useFollow } from '../move-buttons.tsx'
import { moved, replaced } from '../moved.ts'
import { linesOf } from '../schema/node.ts'
import { textIn } from './texts.ts'
import { TextsField } from './texts-field.tsx'
import { type FormField, TYPES, withType } from './words.ts'

type FieldsProps = {
  readonly fields: readonly FormField[]
  readonly troubles: Troubles
  readonly onFields: (fields: readonly FormField[]) => void
}

const FRESH: FormField = { id: '', displayName: '', type: 'text', required: false }
const MOST = 30

export function FieldsField({ fields, troubles, onFields }: FieldsProps) {
  const [said, setSaid] = useState('')
  const list = useRef<HTMLOListElement>(null)
  const follow = useFollow(list)
  const isAdded = useRef(false)
  useLayoutEffect(() => {
    if (!isAdded.current) return
    isAdded.current = false
    list.current?.querySelector<HTMLInputElement>('li:last-child input')?.focus()
  }, [fields.length])
  const wrong = troubles.at('fields')
  return (
    <fieldset class="stack">
      <legend>Fields</legend>
      <p class="quiet">What the agent fills in, in this order. It goes to the validation service in the same order.</p>
      {wrong && <p class="wrong">{wrong}</p>}
      <ol ref={list} tabIndex={-1} class="form-fields" aria-label="Fields, in their order">
        {fields.map((field, at) => (
          <li key={at} class="card">
            <OneField
              field={field}
              at={at}
              count={fields.length}
              troubles={troubles}
              onField={(next) => onFields(replaced(fields, at, next))}
              onMove={(to, way) => {
                follow(to, way)
                onFields(moved(fields, at, to))
                setSaid(`${titleOf(field, at)} is number ${to + 1} now`)
              }}
              onRemove={() => {
                onFields(fields.filter((_, each) => each !== at))
                setSaid(`${titleOf(field, at)} is taken out`)
                list.current?.focus()
              }}
            />
          </li>
        ))}
      </ol>
      <div class="row">
        <button
          type="button"
          disabled={fields.length >= MOST}
          onClick={() => {
            isAdded.current = true
            onFields([...fields, FRESH])
          }}
        >
          Add a field
        </button>
        {fields.length >= MOST && <span class="quiet">{`A form has ${MOST} at most.`}</span>}
      </div>
      <div role="status" class="hidden-text">
        {said}
      </div>
    </fieldset>
  )
}

type OneProps = {
  readonly field: FormField
  readonly at: number
  readonly count: number
  readonly troubles: Troubles
  readonly onField: (field: FormField) => void
  readonly onMove: (to: number, way: 'up' | 'down') => void
  readonly onRemove: () => void
}

function OneField({ field, at, count, troubles, onField, onMove, onRemove }: OneProps) {
  const place = `fields[${at}]`
  const title = titleOf(field, at)
  return (
    <fieldset aria-label={title} class="bare stack">
      <div class="row">
        <strong>
          <bdi>{title}</bdi>
        </strong>
        <span class="row tight end">
          <MoveButtons what={title} at={at} count={count} onMove={onMove} />
          <button type="button" aria-label={`Take out ${title}`} onClick={onRemove}>
            Take out
          </button>
        </span>
      </div>
      <div class="columns">
        <TextField
          label="Field ID"
          hint="Names it for the validation service."
          isName
          isRequired
          maxLength={64}
          wrong={troubles.at(`${place}.id`)}
          value={field.id}
          onValue={(id) => onField({ ...field, id })}
        />
        <TextsField
          label="Display name"
          hint="Label for the agent; the ID when it is empty."
          maxLength={128}
          place={`${place}.displayName`}
          troubles={troubles}
          value={field.displayName}
          onValue={(displayName) => onField({ ...field, displayName })}
        />
        <SelectField
          label="Type"
          wrong={troubles.at(`${place}.type`)}
          value={field.type}
          choices={TYPES}
          onValue={(value) => onField(withType(field, TYPES.find((type) => type.value === value)?.value ?? 'text'))}
        />
      </div>
      {field.type === 'choice' && (
        <Choices
          choices={field.choices ?? []}
          wrong={choicesWrong(troubles, place, field.choices ?? [])}
          onChoices={(choices) => onField({ ...field, choices })}
        />
      )}
      <CheckField
        label="Must be filled in"
        value={field.required}
        onValue={(required) => onField({ ...field, required })}
      />
    </fieldset>
  )
}

type ChoicesProps = {
  readonly choices: readonly string[]
  readonly wrong: string | undefined
  readonly onChoices: (choices: readonly string[]) => void
}

/** What is typed stays as it is while it is typed, empty lines too. */
function Choices({ choices, wrong, onChoices }: ChoicesProps) {
  const [text, setText] = useState(choices.join('\n'))
  const shown = linesOf(text).join('\n') === choices.join('\n') ? text : choices.join('\n')
  return (
    <TextField
      label="Choices"
      hint="One a line."
      isLong
      wrong={wrong}
      value={shown}
      onValue={(typed) => {
        setText(typed)
        onChoices(linesOf(typed))
      }}
    />
  )
}

function choicesWrong(troubles: Troubles, place: string, choices: readonly string[]): string | undefined {
  const places = [`${place}.choices`, ...choices.map((_, at) => `${place}.choices[${at}]`)]
  return places.flatMap((each) => troubles.at(each) ?? []).join(' ') || undefined
}

function titleOf({ displayName, id }: FormField, at: number): string {
  const name = textIn(displayName) || id
  return `Field ${at + 1}${name === '' ? '' : `: ${name}`}`
}
