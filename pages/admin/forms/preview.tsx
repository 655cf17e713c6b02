/** A form as an agent sees it, with what is being changed; nothing that is filled in here goes anywhere. */

import { Field } from '../../shared/pieces.tsx'
import { NEW } from '../entries/entries.ts'
import { textIn } from './texts.ts'
import type { Form, FormField } from './words.ts'

export function Preview({ form, name }: { readonly form: Form; readonly name: string }) {
  const shown = textIn(form.displayName) || (name === NEW ? 'New form' : name)
  return (
    <section class="stack" aria-label="What an agent sees">
      <p>
        In English, with what is being changed in the settings, saved or not. Nothing that you fill in here goes
        anywhere.
      </p>
      <div class="card stack">
        <p class="quiet">Where a form is chosen:</p>
        <p>
          <strong>
            <bdi>{shown}</bdi>
          </strong>
          {textIn(form.description) && (
            <>
              <br />
              <bdi class="lines">{textIn(form.description)}</bdi>
            </>
          )}
        </p>
      </div>
      <div class="card stack">
        <h2>
          <bdi>{textIn(form.title) || shown}</bdi>
        </h2>
        {form.type === 'custom' ? (
          <p class="notice">
            The add-in <code>{form.component ?? '(none yet)'}</code> draws this form in the desk.
          </p>
        ) : (
          form.fields.map((field, at) => <Drawn key={`${at} ${field.id}`} field={field} />)
        )}
        {form.type === 'simple' && form.fields.length === 0 && (
          <p class="quiet">There is nothing to fill in: the session can be started at once.</p>
        )}
      </div>
    </section>
  )
}

function Drawn({ field: { id, displayName, type, required, choices = [] } }: { readonly field: FormField }) {
  return (
    <Field label={`${textIn(displayName) || id || '(no ID yet)'}${required ? ' *' : ''}`}>
      {(of) =>
        type === 'choice' ? (
          <select {...of} required={required}>
            <option value="">Choose …</option>
            {choices.map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
          </select>
        ) : type === 'date' ? (
          <input {...of} required={required} type="date" />
        ) : (
          <input {...of} required={required} inputMode={type === 'amount' ? 'decimal' : 'text'} autocomplete="off" />
        )
      }
    </Field>
  )
}
