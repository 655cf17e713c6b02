/** The caller keys: which field, how many digits, which attempt, how much time, what the caller hears; and what the agent may have done (PC-59, PC-62). */

import { Announcer } from './announcer.tsx'
import type { Call, Session } from './desk-state.ts'
import type { DeskStore } from './desk-store.ts'
import { desk as deskWords } from './desk-words.ts'
import { clockOf } from './durations.ts'
import { fieldName, wordIn } from './naming.ts'

export type WaitingProps = { readonly store: DeskStore; readonly call: Call; readonly session: Session }

/** The server decides again; then nobody is there to ask. */
const WITH_CALLER: readonly string[] = ['asking', 'confirming', 'waiting-for-agent']
/** What was keyed is with the service, or wiped already. */
const TOO_LATE: readonly string[] = ['submitting', 'stopping', 'returning', 'rejoining', 'ended']

export function Waiting({ store, call: { callId }, session }: WaitingProps) {
  const words = deskWords.value
  const { sessionId, stage, orderUntilMs, startedAtMs, limitMs } = session
  const serverMs = store.nowMs.value + store.desk.value.serverAheadMs
  const leftMs = startedAtMs + limitMs - serverMs
  const isForMe = stage === 'waiting-for-agent'
  return (
    <div class="stack">
      <h3 tabIndex={-1}>{words.waiting}</h3>
      <p class="stage">{wordIn(words.stages, stage)}</p>
      <Now store={store} session={session} />
      <Announcer session={session} leftMs={leftMs} />
      <dl class="facts">
        <div>
          <dt>{words.callerHears}</dt>
          <dd>{wordIn(words.hears, stage)}</dd>
        </div>
        <div>
          <dt>{words.timeLeft}</dt>
          <dd class="clock">{clockOf(leftMs)}</dd>
        </div>
        {orderUntilMs !== undefined && (
          <div>
            <dt>{words.forYou}</dt>
            <dd class="clock">{clockOf(orderUntilMs - serverMs)}</dd>
          </div>
        )}
      </dl>
      <p class="quiet">{words.youHear}</p>
      <Fields store={store} session={session} />
      <div class="row">
        {isForMe && (
          <button
            type="button"
            class="main"
            onClick={() => void store.order(callId, sessionId, { order: 'again-all' })}
          >
            {words.againAll}
          </button>
        )}
        {isForMe && (
          <button type="button" onClick={() => void store.order(callId, sessionId, { order: 'go-on' })}>
            {words.goOn}
          </button>
        )}
        <button
          type="button"
          class="danger"
          aria-describedby="stop-hint"
          disabled={TOO_LATE.includes(stage)}
          onClick={() => void store.cancel(callId, sessionId)}
        >
          {words.stop}
        </button>
        {!isForMe && WITH_CALLER.includes(stage) && (
          <button
            type="button"
            class="plain"
            onClick={() => void store.order(callId, sessionId, { order: 'again-all' })}
          >
            {words.againAll}
          </button>
        )}
      </div>
      <p class="quiet" id="stop-hint">
        {stage === 'submitting' ? words.stopTooLate : words.stopSure}
      </p>
    </div>
  )
}

/** What is asked for just now. */
function Now({ store, session }: Pick<WaitingProps, 'store' | 'session'>) {
  const words = deskWords.value
  const { stage, field, fields, attempt, attempts, keys, sessionId, verdicts } = session
  const { refusal } = store.desk.value
  const declined = stage === 'waiting-for-agent' ? verdicts.at(-1) : undefined
  if (declined !== undefined)
    return (
      <p class="notice warn">
        <strong>{wordIn(words.results, declined.result)}</strong> {declined.details}
      </p>
    )
  if (field === undefined || (stage !== 'asking' && stage !== 'confirming')) return null
  return (
    <div class="now">
      <p>
        <span class="quiet">{words.nowAsked}</span> <strong>{fieldName(words, field.name, fields)}</strong>{' '}
        <span class="badge">{words.attempt(attempt, attempts)}</span>
      </p>
      <p class="keys">
        {keys > 0 && (
          <span class="dots" aria-hidden="true">
            {'●'.repeat(keys)}
          </span>
        )}
        <span>{words.keyed(keys)}</span>
      </p>
      {refusal?.sessionId === sessionId && (
        <p class="wrong">{words.notTaken(wordIn(words.entryFaults, refusal.why))}</p>
      )}
    </div>
  )
}

function Fields({ store, session }: Pick<WaitingProps, 'store' | 'session'>) {
  const words = deskWords.value
  const { callId, sessionId, stage, fields } = session
  const order = (name: string) => () => void store.order(callId, sessionId, { order: 'again', fields: [name] })
  return (
    <section aria-labelledby="fields-title">
      <h4 id="fields-title">{words.fields}</h4>
      <ol class="fields">
        {fields.map(({ name, status }) => (
          <li key={name}>
            <span>{fieldName(words, name, fields)}</span>
            <span class={`badge ${status === 'taken' ? 'good' : status === 'asking' ? 'secure' : ''}`}>
              {words.status[status]}
            </span>
            {WITH_CALLER.includes(stage) && status !== 'to-come' && (
              <button
                type="button"
                class="end"
                aria-label={words.againField(fieldName(words, name, fields))}
                onClick={order(name)}
              >
                {words.again}
              </button>
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}
