/** Below every form of the desk, whoever drew it: sent to the IVR, left alone, or another one chosen (PC-57). */

import type { ComponentChildren } from 'preact'
import type { DeskStore, Draft } from './desk-store.ts'
import { desk as deskWords } from './desk-words.ts'

type FormButtonsProps = {
  readonly store: Pick<DeskStore, 'draft'>
  readonly callId: string
  readonly draft: Draft
  readonly canSend: boolean
  readonly canChoose: boolean
  /** Behind the first. */
  readonly children?: ComponentChildren
}

export function FormButtons({ store, callId, draft, canSend, canChoose, children }: FormButtonsProps) {
  const words = deskWords.value
  return (
    <div class="row">
      <button type="submit" class="secure" disabled={!canSend}>
        {words.send}
      </button>
      {children}
      <button type="button" onClick={() => store.draft(callId, undefined)}>
        {words.cancel}
      </button>
      {canChoose && (
        <button type="button" class="plain" onClick={() => store.draft(callId, { ...draft, form: undefined })}>
          {words.otherForm}
        </button>
      )}
    </div>
  )
}
