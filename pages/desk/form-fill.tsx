/** The form: its fields, checked as they are left, sent to the IVR or left alone (PC-57). A card number stays in no field. */

import { useRef, useState } from 'preact/hooks'
import { Field } from '../shared/pieces.tsx'
import type { CallProps } from './call-pane.tsx'
import type { Draft } from './desk-store.ts'
import { desk as deskWords } from './desk-words.ts'
import { FormButtons } from './form-buttons.tsx'
import { type FieldFault, type Form, faultsIn, holdsCardNumber, nameOf, sentFields } from './form-check.ts'
import { FormInput } from './form-input.tsx'

type FormFillProps = CallProps & {
  readonly number: string
  readonly form: Form
  readonly draft: Draft
  readonly canChoose: boolean
}

export function FormFill({ store, call, me, number, form, draft, canChoose }: FormFillProps) {
  const words = deskWords.value
  const { callId } = call
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const [removed, setRemoved] = useState<string>()
  const [isTried, setTried] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const at = useRef<HTMLFormElement>(null)
  const faults = faultsIn(form.fields, draft.filled)
  const wrongIn = (id: string): FieldFault | undefined => {
    if (removed === id) return 'card-number'
    return isTried || left.has(id) ? faults.get(id) : undefined
  }
  const fill = (id: string, value: string) => {
    const isCard = holdsCardNumber(value)
    setRemoved(isCard ? id : undefined)
    store.draft(callId, { ...draft, filled: { ...draft.filled, [id]: isCard ? '' : value } })
  }
  const send = async (event: Event) => {
    event.preventDefault()
    setTried(true)
    if (faults.size > 0) {
      const first = form.fields.findIndex(({ id }) => faults.has(id))
      at.current?.querySelectorAll<HTMLElement>('.field input, .field select')[first]?.focus()
      return
    }
    if (isBusy) return
    setBusy(true)
    const { retryOf, filled } = draft
    const refused = await store.start(callId, {
      form: form.name,
      fields: sentFields(form.fields, filled),
      ...(retryOf === undefined ? {} : { retryOf }),
    })
    setBusy(false)
    if (refused === undefined) store.sent(callId)
  }
  return (
    <form ref={at} class="stack" noValidate onSubmit={(event) => void send(event)} aria-labelledby={`${callId}-form`}>
      <h3 id={`${callId}-form`} tabIndex={-1}>
        {form.title || nameOf(form)} – {me.name} – <bdi>{number}</bdi>
      </h3>
      {form.description !== '' && <p class="description">{form.description}</p>}
      <p class="quiet">
        {form.fields.some(({ required }) => required) && words.isRequired} {words.neverCard}
      </p>
      <div role="alert">
        {removed !== undefined && <p class="notice bad">{words.wrong['card-number']}</p>}
        {removed === undefined && isTried && faults.size > 0 && <p class="notice bad">{words.notRight}</p>}
      </div>
      {form.fields.map((field) => {
        const wrong = wrongIn(field.id)
        return (
          <Field
            key={field.id}
            label={`${field.displayName || field.id}${field.required ? ' *' : ''}`}
            hint={field.type === 'amount' ? words.amountHint : undefined}
            wrong={wrong && words.wrong[wrong]}
          >
            {(of) => (
              <FormInput
                of={of}
                field={field}
                value={draft.filled[field.id] ?? ''}
                onValue={(value) => fill(field.id, value)}
                onLeave={() => setLeft(new Set(left).add(field.id))}
              />
            )}
          </Field>
        )
      })}
      <FormButtons store={store} callId={callId} draft={draft} canSend={!isBusy} canChoose={canChoose} />
    </form>
  )
}
