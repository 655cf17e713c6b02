/** A form that an add-in draws: it says when it is complete (PC-82, PC-83) and what goes along (PC-84); sending it is the desk's. */

import { useRef, useState } from 'preact/hooks'
import { language } from '../shared/language.ts'
import { AddInFrame } from './add-in-frame.tsx'
import { LOADING, sendableOf } from './add-in-state.ts'
import type { CallProps } from './call-pane.tsx'
import type { Draft } from './desk-store.ts'
import { desk as deskWords } from './desk-words.ts'
import { useFocusKept } from './focus-kept.ts'
import { FormButtons } from './form-buttons.tsx'
import { type AddIn, type Form, nameOf } from './form-check.ts'

type CustomFormProps = CallProps & {
  readonly number: string
  readonly form: Form
  readonly addIn: AddIn
  readonly draft: Draft
  readonly canChoose: boolean
}

export function CustomForm({ store, call, me, number, form, addIn, draft, canChoose }: CustomFormProps) {
  const words = deskWords.value
  const { callId } = call
  const [state, setState] = useState(LOADING)
  const [turn, setTurn] = useState(0)
  const [isBusy, setBusy] = useState(false)
  const why = 'missing' in addIn ? 'missing' : state.at === 'refused' ? state.why : undefined
  const sendable = sendableOf(state)
  const wrong = state.at === 'open' ? state.wrong : undefined
  const title = form.title || nameOf(form)
  const at = useRef<HTMLFormElement>(null)
  useFocusKept(at, `${why} ${turn}`)
  const send = async (event: Event) => {
    event.preventDefault()
    if (isBusy || sendable === undefined) return
    setBusy(true)
    store.draft(callId, { ...draft, filled: sendable })
    const refused = await store.start(callId, {
      form: form.name,
      fields: Object.entries(sendable).map(([name, value]) => ({ name, value })),
      ...(draft.retryOf === undefined ? {} : { retryOf: draft.retryOf }),
    })
    setBusy(false)
    if (refused === undefined) store.sent(callId)
  }
  /** As the server has it by now: another version, perhaps. */
  const loadAgain = async () => {
    await store.askGates(callId)
    const now = store.gates.value.get(callId)?.forms.find(({ name }) => name === form.name)
    setState(LOADING)
    setTurn(turn + 1)
    store.draft(callId, { ...draft, form: now ?? form })
  }
  return (
    <form ref={at} class="stack" noValidate onSubmit={(event) => void send(event)} aria-labelledby={`${callId}-form`}>
      <h3 id={`${callId}-form`} tabIndex={-1}>
        {title} – {me.name} – <bdi>{number}</bdi>
      </h3>
      {form.description !== '' && <p class="description">{form.description}</p>}
      <p class="quiet">{words.neverCard}</p>
      {why === undefined && !('missing' in addIn) && (
        <AddInFrame
          key={turn}
          base={store.base}
          addIn={addIn}
          title={title}
          px={'px' in state ? state.px : undefined}
          language={language.value}
          lookUp={(name, values) => store.lookUp(callId, form.name, name, values)}
          onState={setState}
        />
      )}
      <div role="status">
        {why === undefined && state.at !== 'open' && <p class="quiet">{words.addIn.loading}</p>}
        {state.at === 'open' && !state.isValid && <p class="quiet">{words.addIn.notYet}</p>}
      </div>
      <div role="alert">
        {why !== undefined && (
          <div class="notice bad">
            <p>
              <strong>{words.addIn.refused}</strong>
            </p>
            <p>{words.addIn.why[why]}</p>
          </div>
        )}
        {why === undefined && wrong !== undefined && <p class="notice bad">{words.addIn.wrong[wrong]}</p>}
      </div>
      <FormButtons
        store={store}
        callId={callId}
        draft={draft}
        canSend={!isBusy && sendable !== undefined}
        canChoose={canChoose}
      >
        {why !== undefined && (
          <button type="button" data-first onClick={() => void loadAgain()}>
            {words.addIn.again}
          </button>
        )}
      </FormButtons>
    </form>
  )
}
