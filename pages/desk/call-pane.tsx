/** The call that is worked at, and what there is to do in it. The focus follows when what had it has gone. */

import { useRef } from 'preact/hooks'
import type { Me } from '../shared/session.ts'
import { CallBadge, Duration, numberOf } from './call-list.tsx'
import { type Call, faceOf } from './desk-state.ts'
import type { DeskStore } from './desk-store.ts'
import { desk as deskWords } from './desk-words.ts'
import { useFocusKept } from './focus-kept.ts'
import { Outcome } from './outcome.tsx'
import { Talking } from './talking.tsx'
import { Waiting } from './waiting.tsx'

export type CallProps = { readonly store: DeskStore; readonly call: Call; readonly me: Me }

export function CallPane({ store, call, me, isShown }: CallProps & { readonly isShown: boolean }) {
  const words = deskWords.value
  const face = faceOf(call, store.desk.value)
  const number = numberOf(words, store.desk.value.account, call)
  const at = useRef<HTMLElement>(null)
  useFocusKept(at, `${face.at} ${store.drafts.value.get(call.callId)?.form?.name}`)
  return (
    <section ref={at} class="card pane stack" hidden={!isShown} aria-labelledby={`${call.callId}-title`}>
      <div class="row">
        <h2 id={`${call.callId}-title`} tabIndex={-1}>
          {words.callWith('')}
          <bdi>{number}</bdi>
        </h2>
        <CallBadge call={call} />
        <Duration store={store} call={call} />
      </div>
      <div role="status" class="back">
        {face.at === 'outcome' && face.session.rejoined && !face.isOver && (
          <p class="notice good">
            <strong>{words.back}</strong> {words.rejoined}
          </p>
        )}
      </div>
      {face.at === 'ringing' && <p class="quiet">{words.ringingNow}</p>}
      {face.at === 'other-end' && <p class="quiet">{words.otherEnd}</p>}
      {face.at === 'waiting' && <Waiting store={store} call={call} session={face.session} />}
      {face.at === 'outcome' && (
        <Outcome store={store} call={call} me={me} session={face.session} isOver={face.isOver} />
      )}
      {face.at === 'talking' && <Talking store={store} call={call} me={me} number={number} />}
    </section>
  )
}
