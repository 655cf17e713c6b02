/** How a call stands just now, in words: its state, and in a secure session what happens there. Keys are a count. */

import { type Call, runningIn, type Session } from './live-calls.ts'
import { supervisor, wordFor } from './supervisor-words.ts'

export function CallState({ call }: { readonly call: Call }) {
  const words = supervisor.value
  const session = runningIn(call)
  if (session !== undefined) return <StageText {...session} />
  const isHeld = call.callerLeg?.held === true || call.agentLeg?.held === true
  return <>{wordFor(words.states, isHeld ? 'held' : call.state)}</>
}

type StageProps = Pick<Session, 'stage' | 'field' | 'attempt' | 'attempts' | 'keys'>

export function StageText({ stage, field, attempt, attempts, keys }: StageProps) {
  const words = supervisor.value
  const isAsking = (stage === 'asking' || stage === 'confirming') && field !== undefined
  return (
    <>
      {wordFor(words.stages, stage)}
      {isAsking && (
        <span class="quiet">
          : {words.asking(field.name, attempt, attempts)}
          {keys > 0 && `, ${words.keys(keys)}`}
        </span>
      )}
    </>
  )
}
