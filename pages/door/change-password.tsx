/** A password of one's own in the place of one that somebody else has set. */

import { useState } from 'preact/hooks'
import { type Api, type ProblemBody, problemOf } from '../shared/api.ts'
import { ProblemNotice } from '../shared/pieces.tsx'
import { PasswordField } from '../shared/proof-fields.tsx'
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
      <PasswordField label={words.oldPassword} value={before} onValue={setBefore} />
      <PasswordField isNew label={words.newPassword} hint={words.newPasswordHint} value={next} onValue={setNext} />
      <div class="row">
        <button class="main" type="submit">
          {words.change}
        </button>
      </div>
    </form>
  )
}
