/** Which form: those of the agent's workgroups, each with what it is for (PC-56). */

import { desk as deskWords } from './desk-words.ts'
import { type Form, nameOf } from './form-check.ts'

type PickerProps = {
  readonly forms: readonly Form[]
  readonly onChoose: (form: Form) => void
  readonly onCancel: () => void
}

export function FormPicker({ forms, onChoose, onCancel }: PickerProps) {
  const words = deskWords.value
  return (
    <div class="stack">
      <h3 tabIndex={-1}>{words.chooseForm}</h3>
      <ul class="forms">
        {forms.map((form) => (
          <li key={form.name}>
            <button type="button" class="form" onClick={() => onChoose(form)}>
              <span>{nameOf(form)}</span>
              {form.description !== '' && <span class="quiet">{form.description}</span>}
            </button>
          </li>
        ))}
      </ul>
      <div>
        <button type="button" onClick={onCancel}>
          {words.cancel}
        </button>
      </div>
    </div>
  )
}
