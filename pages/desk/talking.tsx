/** Both hear each other: Secure Input, or why not; which form, and the form. */

import type { CallProps } from './call-pane.tsx'
import { CustomForm } from './custom-form.tsx'
import type { Draft } from './desk-store.ts'
import { desk as deskWords } from './desk-words.ts'
import { FormFill } from './form-fill.tsx'
import { FormPicker } from './form-picker.tsx'
import { type Gates, isEveryOpen } from './gates.ts'
import { WhyNot } from './why-not.tsx'

export function Talking({ store, call, me, number }: CallProps & { readonly number: string }) {
  const words = deskWords.value
  const { callId } = call
  const gates = store.gates.value.get(callId)
  const draft = store.drafts.value.get(callId)
  const isOpen = gates !== undefined && isEveryOpen(gates)

  if (draft !== undefined && draft.form === undefined)
    return (
      <FormPicker
        forms={gates?.forms ?? []}
        onChoose={(form) => store.draft(callId, { ...draft, form })}
        onCancel={() => store.draft(callId, undefined)}
      />
    )
  if (draft?.form !== undefined) {
    const { form } = draft
    const canChoose = (gates?.forms.length ?? 0) > 1 && draft.retryOf === undefined
    const filling = { store, call, me, number, form, draft, canChoose }
    return form.addIn === undefined ? (
      <FormFill key={form.name} {...filling} />
    ) : (
      <CustomForm key={form.name} {...filling} addIn={form.addIn} />
    )
  }
  const begin = async () => {
    if (gates === undefined) return
    if (gates.inCharge) store.draft(callId, firstDraft(gates))
    else await store.start(callId, {})
  }
  return (
    <div class="stack">
      <p class="quiet">{words.secureInputWhat}</p>
      <div class="row">
        <button type="button" class="secure" data-first disabled={!isOpen} onClick={() => void begin()}>
          {words.secureInput}
        </button>
        {gates !== undefined && !isOpen && (
          <button type="button" onClick={() => void store.askGates(callId)}>
            {words.askAgain}
          </button>
        )}
      </div>
      {gates !== undefined && !isOpen && <WhyNot gates={gates} />}
    </div>
  )
}

/** One form is taken at once. */
function firstDraft({ forms }: Gates): Draft {
  return { form: forms.length === 1 ? forms[0] : undefined, filled: {}, retryOf: undefined }
}
