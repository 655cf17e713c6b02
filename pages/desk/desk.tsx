/** The desk: my phone, my calls, and what there is to do in the one that is worked at. */

import { useEffect } from 'preact/hooks'
import { ProblemNotice } from '../shared/pieces.tsx'
import type { Me } from '../shared/session.ts'
import { shared } from '../shared/shared-words.ts'
import { isSoundOn, readySound } from './alert.ts'
import { CallList } from './call-list.tsx'
import { CallPane } from './call-pane.tsx'
import type { DeskStore } from './desk-store.ts'
import { desk as deskWords } from './desk-words.ts'
import { inWords } from './naming.ts'

export type DeskProps = {
  readonly store: DeskStore
  readonly me: Me
  /** Whether it stands in a page of somebody else's, without a frame of ours. */
  readonly isEmbedded: boolean
}

export function DeskView({ store, me, isEmbedded }: DeskProps) {
  const words = deskWords.value
  const { calls, chosen, isRead } = store.desk.value
  // A form that an add-in draws lives in its frame alone: it stays, unseen, while another call is worked at.
  const panes = calls.filter(({ callId }) => callId === chosen || store.drafts.value.get(callId)?.form?.addIn)
  const problem = store.problem.value
  useEffect(() => readySound(document), [])
  return (
    <div class="desk stack">
      <div class="row top">
        {!isEmbedded && <h1>{words.desk}</h1>}
        <PhoneState store={store} />
        <label class="end switch">
          <input
            type="checkbox"
            checked={isSoundOn.value}
            onChange={({ currentTarget }) => {
              isSoundOn.value = currentTarget.checked
            }}
          />
          {words.sound}
        </label>
      </div>
      {isEmbedded && (
        <div role="status">{!store.isOnLine.value && <p class="notice warn">{shared.value.offLine}</p>}</div>
      )}
      <ProblemNotice problem={problem && inWords(words, problem)} />
      {isRead && store.desk.value.account === undefined ? (
        <div class="card">
          <p>
            <strong>{words.noPhone}</strong>
          </p>
          <p class="quiet">{words.noPhoneWhy}</p>
        </div>
      ) : (
        <div class="columns">
          <CallList store={store} />
          {panes.map((call) => (
            <CallPane key={call.callId} store={store} call={call} me={me} isShown={call.callId === chosen} />
          ))}
        </div>
      )}
    </div>
  )
}

function PhoneState({ store }: { readonly store: DeskStore }) {
  const words = deskWords.value
  const phone = store.phone.value
  const account = phone?.account ?? store.desk.value.account
  if (account === undefined) return null
  const isBusy = store.desk.value.calls.some(({ endedAtMs }) => endedAtMs === undefined)
  return (
    <section class="row phone" aria-label={words.phone}>
      <span>
        {words.phone}: <strong>{account}</strong>
      </span>
      {phone?.isRegistered !== undefined && (
        <span class={`badge ${phone.isRegistered ? 'good' : 'bad'}`}>
          {phone.isRegistered ? words.registered : words.notRegistered}
        </span>
      )}
      <span class={`badge ${isBusy ? 'warn' : ''}`}>{isBusy ? words.busy : words.free}</span>
    </section>
  )
}
