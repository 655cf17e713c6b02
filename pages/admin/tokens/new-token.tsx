/** A new API token: what for, what it may, how long; then the token itself, once. */

import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type Api, type ProblemBody, problemOf } from '../../shared/api.ts'
import { ProblemNotice } from '../../shared/pieces.tsx'
import { addressOf, freePlace, goTo, holdPlace } from '../../shared/place.ts'
import type { Me } from '../../shared/session.ts'
import { NEW } from '../entries/entries.ts'
import { TextField } from '../fields.tsx'
import { type ApiDocument, openedBy } from './scopes.ts'

type NewProps = { readonly api: Api; readonly me: Me }

const DAYS = 90
const MOST_DAYS = 366

export function NewToken({ api, me }: NewProps) {
  const [opened, setOpened] = useState<ReadonlyMap<string, readonly string[]>>(new Map())
  const [name, setName] = useState('')
  const [days, setDays] = useState(String(DAYS))
  const [scopes, setScopes] = useState<readonly string[]>([])
  const [problem, setProblem] = useState<ProblemBody>()
  const [token, setToken] = useState<string>()
  const id = useId()
  useEffect(() => {
    // Without the document one sees the names of scopes alone.
    api.get<ApiDocument>('/api/v1/openapi.json').then(
      (answer) => setOpened(openedBy(answer)),
      () => undefined,
    )
  }, [api])
  const submit = async (event: Event) => {
    event.preventDefault()
    setProblem(undefined)
    try {
      const body = { name: name.trim(), scopes, days: Number(days) }
      const made = await api.ask<{ readonly token: string }>('POST', '/api/v1/tokens', { body })
      holdPlace(['tokens', NEW])
      setToken(made.value.token)
    } catch (error) {
      setProblem(problemOf(error))
    }
  }
  if (token !== undefined) return <Once token={token} name={name} />
  return (
    <section class="stack" aria-label="New API token">
      <p>
        <a href={addressOf('tokens')}>All API tokens</a>
      </p>
      <h1>New API token</h1>
      <form class="stack" aria-label="New API token" onSubmit={(event) => void submit(event)}>
        <ProblemNotice problem={problem} />
        <TextField
          label="What for"
          hint="Such as the program that gets it. It is yours, and may no more than you may."
          isRequired
          maxLength={64}
          value={name}
          onValue={setName}
        />
        <TextField
          label="Days until it expires"
          hint={`At most ${MOST_DAYS}.`}
          wrong={isDays(days) ? undefined : `Write a whole number from 1 to ${MOST_DAYS}.`}
          type="number"
          isRequired
          value={days}
          onValue={setDays}
        />
        <fieldset class="stack">
          <legend>What it may</legend>
          <p class="quiet">Give as little as the program needs.</p>
          {me.scopes.map((scope, at) => (
            <div key={scope} class="check">
              <input
                id={`${id}-${at}`}
                type="checkbox"
                checked={scopes.includes(scope)}
                aria-describedby={`${id}-${at}-opens`}
                onChange={({ currentTarget }) =>
                  setScopes(currentTarget.checked ? [...scopes, scope] : scopes.filter((each) => each !== scope))
                }
              />
              <label for={`${id}-${at}`}>
                <code>{scope}</code>
              </label>
              <span class="hint" id={`${id}-${at}-opens`}>
                {opened.get(scope)?.join(' ')}
              </span>
            </div>
          ))}
        </fieldset>
        <div class="row">
          <button type="submit" class="main" disabled={scopes.length === 0 || name.trim() === '' || !isDays(days)}>
            Make the token
          </button>
          {scopes.length === 0 && <span class="quiet">Choose at least one thing that it may.</span>}
        </div>
      </form>
    </section>
  )
}

function Once({ token, name }: { readonly token: string; readonly name: string }) {
  const [said, setSaid] = useState('')
  const heading = useRef<HTMLHeadingElement>(null)
  useLayoutEffect(() => {
    heading.current?.focus()
    return freePlace
  }, [])
  const copy = () =>
    void navigator.clipboard.writeText(token).then(
      () => setSaid('Copied'),
      () => setSaid('Mark it and copy it by hand.'),
    )
  return (
    <section class="stack" aria-label="New API token">
      <h1 ref={heading} tabIndex={-1}>
        Keep this token now
      </h1>
      <p>
        It is shown this once, for <bdi>{name}</bdi>. Whoever has it may what it may: put it where the program keeps its
        secrets.
      </p>
      <p class="card">
        <code class="token">{token}</code>
      </p>
      <div class="row">
        <button
          type="button"
          class="main"
          onClick={() => {
            freePlace()
            goTo('tokens')
          }}
        >
          I have kept it
        </button>
        <button type="button" onClick={copy}>
          Copy
        </button>
        <span role="status">{said}</span>
      </div>
    </section>
  )
}

function isDays(text: string): boolean {
  const days = Number(text)
  return Number.isInteger(days) && days >= 1 && days <= MOST_DAYS
}
