/** A password of one's own in the place of one that somebody else has set. */

import { useState } from 'preact/hooks'
import { type Api, type ProblemBody, problemOf } from '../shared/api.ts'
import { Field, ProblemNotice } from '../shared/pieces.tsx'
import { door } from './door-words.ts'

export function ChangePassword({ api, onDone }: { readonly api: Api; readonly onDone: () => void }) {
  const words = door.value
  const [before, setBefore] = useState('')
  const [next, setNext] = useState('')
  const [problem, setProblem] = useState<ProblemBody>()
  const submit = async (event: Event) => {
    event.preventDefault()
    setProblem(undefined)
    try {
      await api.ask('POST', '/api/v1/me/password', { body: { old: before, new: next } })
      onDone()
    } catch (error) {
      setProblem(problemOf(error))
    }
  }
  return (
    <form class="stack" onSubmit={(event) => void submit(event)}>
      <h1>{words.changeTitle}</h1>
      <p>{words.changeWhy}</p>
      <ProblemNotice problem={problem} />
      <Field label={words.oldPassword}>
        {(of) => (
          <input
            {...of}
            required
            type="password"
            autocomplete="current-password"
            value={before}
            onInput={(event) => setBefore(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field label={words.newPassword} hint={words.newPasswordHint}>
        {(of) => (
          <input
            {...of}
            required
            type="password"
            autocomplete="new-password"
            value={next}
            onInput={(event) => setNext(event.currentTarget.value)}
          />
        )}
      </Field>
      <div class="row">
        <button class="main" type="submit">
          {words.change}
        </button>
      </div>
    </form>
  )
}
