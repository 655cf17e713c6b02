/** How a session ended: what there is to know of it, and once more where it makes sense (PC-60 to PC-63). */

import type { CallProps } from './call-pane.tsx'
import type { Session } from './desk-state.ts'
import { desk as deskWords } from './desk-words.ts'
import { isEveryOpen } from './gates.ts'
import type { DeskWords } from './languages/en.ts'
import { wordIn } from './naming.ts'
import { outsideText } from './outside-text.ts'
import { WhyNot } from './why-not.tsx'

type OutcomeProps = CallProps & { readonly session: Session; readonly isOver: boolean }
const KINDS = { accepted: 'good', declined: 'bad', failed: 'warn' } as const
const DETAIL_CHARS = 256

export function Outcome({ store, call, session, isOver }: OutcomeProps) {
  const words = deskWords.value
  const { callId } = call
  const { sessionId, outcome, form } = session
  if (outcome === undefined) return null
  const gates = store.gates.value.get(callId)
  const known = gates?.forms.find(({ name }) => name === form?.name)
  const mayRetry = outcome.result !== 'accepted' && !isOver
  const canRetry = gates !== undefined && isEveryOpen(gates)
  const retry = async () => {
    if ((await store.start(callId, { retryOf: sessionId })) === undefined) store.draft(callId, undefined)
  }
  const edit = () => {
    const filled = store.lastFilled.get(callId) ?? {}
    store.closeOutcome(sessionId)
    store.draft(callId, { form: known, filled, retryOf: sessionId })
  }
  return (
    <div class="stack">
      <h3 tabIndex={-1} class={`result ${KINDS[outcome.result]}`}>
        {words.results[outcome.result]}
      </h3>
      <dl class="facts">
        {factsOf(words, outcome).map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {isOver && <p class="notice">{words.callOver}</p>}
      {mayRetry && gates !== undefined && !canRetry && <WhyNot gates={gates} />}
      <div class="row">
        {mayRetry && (
          <button type="button" class="secure" disabled={!canRetry} onClick={() => void retry()}>
            {words.retry}
          </button>
        )}
        {mayRetry && known !== undefined && (
          <button type="button" disabled={!canRetry} onClick={edit}>
            {words.retryEdited}
          </button>
        )}
        <button type="button" class={mayRetry ? '' : 'main'} onClick={() => store.closeOutcome(sessionId)}>
          {mayRetry ? words.cancel : words.close}
        </button>
      </div>
    </div>
  )
}

/** Label and value; what comes from the service is text of somebody else's. */
function factsOf(words: DeskWords, outcome: NonNullable<Session['outcome']>): readonly (readonly [string, string])[] {
  const { result, reason = '', details = '', reference, brand = '', lastFour } = outcome
  if (result === 'failed') {
    const known = Object.hasOwn(words.failures, reason)
    return [[words.reason, known ? wordIn(words.failures, reason) : words.otherFailure]]
  }
  const card =
    lastFour === undefined ? [] : [[words.card, `${BRANDS[brand] ?? ''} ${words.endingIn(lastFour)}`.trim()] as const]
  return [
    ...(details === '' ? [] : [[words.details, outsideText(details, DETAIL_CHARS)] as const]),
    ...card,
    ...(reference === undefined || reference === '' ? [] : [[words.reference, outsideText(reference)] as const]),
  ]
}

/** Names of brands are the same in every language. */
const BRANDS: Readonly<Record<string, string>> = {
  visa: 'Visa',
  mastercard: 'Mastercard',
  'american-express': 'American Express',
  'diners-club': 'Diners Club',
  discover: 'Discover',
  jcb: 'JCB',
  unionpay: 'UnionPay',
  maestro: 'Maestro',
}
