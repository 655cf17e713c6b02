/** Makes the first administrator by the secret of the link; then the page where one logs in goes on, with the second factor. */

import { useState } from 'preact/hooks'
import { type Api, type ProblemBody, problemOf } from '../shared/api.ts'
import { Field, ProblemNotice } from '../shared/pieces.tsx'
import { NameField, PasswordField } from '../shared/proof-fields.tsx'
import { first } from './first-words.ts'

export function Create({
  api,
  secret,
  onDone,
}: {
  readonly api: Api
  readonly secret: string
  readonly onDone: () => void
}) {
  const words = first.value
  const [name, setName] = useState('')
  const [displayName, setDisplayName] = useState('')
  const [password, setPassword] = useState('')
  const [sample, setSample] = useState(true)
  const [problem, setProblem] = useState<ProblemBody>()
  const [isBusy, setBusy] = useState(false)
  const submit = async (event: Event) => {
    event.preventDefault()
    if (isBusy) return
    setBusy(true)
    setProblem(undefined)
    try {
      await api.ask('POST', '/api/v1/first-run', { body: { secret, name: name.trim(), displayName, password, sample } })
      onDone()
    } catch (error) {
      setProblem(problemOf(error))
      setBusy(false)
    }
  }
  return (
    <form class="card narrow stack" onSubmit={(event) => void submit(event)}>
      <h1>{words.title}</h1>
      <p>{words.createWhy}</p>
      <ProblemNotice problem={problem} />
      <NameField label={words.name} hint={words.nameHint} value={name} onValue={setName} />
      <Field label={words.displayName}>
        {(of) => (
          <input
            {...of}
            maxLength={128}
            autocomplete="name"
            value={displayName}
            onInput={(event) => setDisplayName(event.currentTarget.value)}
          />
        )}
      </Field>
      <PasswordField isNew label={words.password} hint={words.passwordHint} value={password} onValue={setPassword} />
      <label class="tick">
        <input type="checkbox" checked={sample} onChange={(event) => setSample(event.currentTarget.checked)} />
        {words.sample}
      </label>
      <div class="row">
        <button class="main" type="submit" disabled={isBusy}>
          {words.create}
        </button>
      </div>
    </form>
  )
}
