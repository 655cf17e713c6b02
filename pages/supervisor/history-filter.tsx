/** What is looked for in the call history. */

import { useState } from 'preact/hooks'
import { Field } from '../shared/pieces.tsx'
import { NOTHING_WANTED, type Wanted } from './history-query.ts'
import { supervisor } from './supervisor-words.ts'

type HistoryFilterProps = {
  readonly wanted: Wanted
  readonly onWanted: (wanted: Wanted) => void
  readonly seesSecure: boolean
}
type TextFieldProps = {
  readonly label: string
  readonly hint: string
  readonly value: string
  readonly onValue: (value: string) => void
}

export function HistoryFilter({ wanted, onWanted, seesSecure }: HistoryFilterProps) {
  const words = supervisor.value
  const [chosen, setChosen] = useState(wanted)
  const set = (member: keyof Wanted) => (value: string) => setChosen({ ...chosen, [member]: value })
  return (
    <form
      class="card stack"
      aria-label={words.search}
      onSubmit={(event) => {
        event.preventDefault()
        onWanted(chosen)
      }}
    >
      <div class="filter">
        <TextField label={words.number} hint={words.numberHint} value={chosen.number} onValue={set('number')} />
        <TextField label={words.agent} hint={words.agentHint} value={chosen.agent} onValue={set('agent')} />
        <DayField label={words.fromDay} value={chosen.from} onValue={set('from')} />
        <DayField label={words.toDay} value={chosen.to} onValue={set('to')} />
        <Choice
          label={words.ending}
          any={words.anyEnding}
          of={words.endings}
          value={chosen.ending}
          onValue={set('ending')}
        />
        {seesSecure && (
          <Choice
            label={words.outcome}
            any={words.anyOutcome}
            of={words.outcomes}
            value={chosen.outcome}
            onValue={set('outcome')}
          />
        )}
      </div>
      <div class="row">
        <button class="main" type="submit">
          {words.search}
        </button>
        <button
          type="button"
          onClick={() => {
            setChosen(NOTHING_WANTED)
            onWanted(NOTHING_WANTED)
          }}
        >
          {words.clear}
        </button>
      </div>
    </form>
  )
}

function TextField({ label, hint, value, onValue }: TextFieldProps) {
  return (
    <Field label={label} hint={hint}>
      {(of) => (
        <input
          {...of}
          maxLength={128}
          autocomplete="off"
          value={value}
          onInput={({ currentTarget }) => onValue(currentTarget.value)}
        />
      )}
    </Field>
  )
}

function DayField({ label, value, onValue }: Omit<TextFieldProps, 'hint'>) {
  return (
    <Field label={label}>
      {(of) => (
        <input {...of} type="date" value={value} onInput={({ currentTarget }) => onValue(currentTarget.value)} />
      )}
    </Field>
  )
}

type ChoiceProps = {
  readonly label: string
  readonly any: string
  readonly of: Readonly<Record<string, string>>
  readonly value: string
  readonly onValue: (value: string) => void
}

function Choice({ label, any, of: words, value, onValue }: ChoiceProps) {
  return (
    <Field label={label}>
      {(of) => (
        <select {...of} value={value} onChange={({ currentTarget }) => onValue(currentTarget.value)}>
          <option value="">{any}</option>
          {Object.entries(words).map(([code, word]) => (
            <option key={code} value={code}>
              {word}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}
