/** Calls of one's phone: who, how long, how it stands. The one that is worked at is marked. */

import { type Call, runningIn } from './desk-state.ts'
import type { DeskStore } from './desk-store.ts'
import { desk as deskWords } from './desk-words.ts'
import { clockOf } from './durations.ts'
import type { DeskWords } from './languages/en.ts'
import { outsideText } from './outside-text.ts'

export function CallList({ store }: { readonly store: DeskStore }) {
  const words = deskWords.value
  const { calls, chosen, isRead } = store.desk.value
  return (
    <section class="calls" aria-labelledby="calls-title">
      <h2 id="calls-title">{words.calls}</h2>
      {isRead && calls.length === 0 && (
        <div class="card">
          <p>
            <strong>{words.noCalls}</strong>
          </p>
          <p class="quiet">{words.noCallsWhy}</p>
        </div>
      )}
      {calls.length > 0 && (
        <ul>
          {calls.map((call) => (
            <li key={call.callId}>
              <button
                type="button"
                class="call"
                aria-current={call.callId === chosen ? 'true' : undefined}
                onClick={() => store.choose(call.callId)}
              >
                <bdi>{numberOf(words, store.desk.value.account, call)}</bdi>
                <CallBadge call={call} />
                <Duration store={store} call={call} />
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

/** @returns who is at the other end, as text that is safe to show. */
export function numberOf(words: DeskWords, account: string | undefined, call: Call): string {
  const isPlacedHere = call.callerLeg?.account !== undefined && call.callerLeg.account === account
  const text = outsideText(isPlacedHere ? call.to : call.from)
  return text === '' || text === 'anonymous' ? words.anonymous : text
}

export function CallBadge({ call }: { readonly call: Call }) {
  const words = deskWords.value
  const [word, kind] = stateOf(call)
  return <span class={`badge ${kind}`}>{words.states[word]}</span>
}

export function Duration({ store, call }: { readonly store: DeskStore; readonly call: Call }) {
  const { nowMs, desk } = store
  const toMs = call.endedAtMs ?? nowMs.value + desk.value.serverAheadMs
  return (
    <span class="clock">
      <span class="hidden-text">{deskWords.value.duration}: </span>
      {clockOf(toMs - (call.bridgedAtMs ?? call.startedAtMs))}
    </span>
  )
}

function stateOf(call: Call): readonly [keyof DeskWords['states'], string] {
  if (call.endedAtMs !== undefined) return ['ended', '']
  if (runningIn(call) !== undefined) return ['secure', 'secure']
  if (call.bridgedAtMs === undefined) return ['ringing', 'warn']
  return call.callerLeg?.held === true || call.agentLeg?.held === true ? ['held', 'warn'] : ['talking', 'good']
}
