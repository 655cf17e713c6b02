/** Name and password, or the account of the company; then the second factor where there is one. */

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type Api, type ProblemBody, problemOf } from '../shared/api.ts'
import { Field, ProblemNotice } from '../shared/pieces.tsx'
import { NameField, PasswordField } from '../shared/proof-fields.tsx'
import type { Me } from '../shared/session.ts'
import { CompanyAccounts, type Ways } from './company-accounts.tsx'
import { door } from './door-words.ts'

type LogInProps = { readonly api: Api; readonly onDone: (me: Me) => void }

export function LogIn({ api, onDone }: LogInProps) {
  const words = door.value
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [second, setSecond] = useState<'none' | 'code' | 'recoveryCode'>('none')
  const [code, setCode] = useState('')
  const [problem, setProblem] = useState<ProblemBody>()
  const [isBusy, setBusy] = useState(false)
  const [ways, setWays] = useState<Ways>()
  /** Who the identity provider knows gives the code alone. */
  const [isKnown, setKnown] = useState(false)
  useEffect(() => {
    const take = (found: Ways) => {
      setWays(found)
      setKnown(found.needsCode)
      if (found.needsCode) setSecond('code')
    }
    // Without them there is the password.
    api.get<Ways>('/api/v1/login').then(take, () => undefined)
  }, [api])

  const submit = async (event: Event) => {
    event.preventDefault()
    if (isBusy) return
    setBusy(true)
    setProblem(undefined)
    const path = isKnown ? '/api/v1/login/openid-connect' : '/api/v1/login'
    const proof = {
      ...(isKnown ? {} : { name, password }),
      ...(second === 'none' ? {} : { [second]: code.trim() }),
    }
    try {
      onDone((await api.ask<Me>('POST', path, { body: proof })).value)
    } catch (error) {
      const refused = problemOf(error)
      if (refused.code === 'people.code-needed') setSecond('code')
      else setProblem(refused)
      if (refused.code === 'people.sign-on-stale') start()
      setCode('')
    } finally {
      setBusy(false)
    }
  }
  const start = () => {
    setSecond('none')
    setKnown(false)
    setPassword('')
  }
  const begin = () => {
    start()
    setProblem(undefined)
  }

  return (
    <form class="stack" onSubmit={(event) => void submit(event)}>
      <h1>{second === 'none' ? words.title : words.codeTitle}</h1>
      <ProblemNotice problem={problem} />
      {second === 'none' ? (
        <>
          <NameField label={words.name} value={name} onValue={setName} />
          <PasswordField label={words.password} value={password} onValue={setPassword} />
        </>
      ) : (
        <SecondFactor kind={second} code={code} onCode={setCode} />
      )}
      <div class="row">
        <button class="main" type="submit" disabled={isBusy}>
          {words.logIn}
        </button>
        {second !== 'none' && (
          <>
            <button class="plain" type="button" onClick={() => setSecond(second === 'code' ? 'recoveryCode' : 'code')}>
              {second === 'code' ? words.lostIt : words.haveIt}
            </button>
            <button class="plain" type="button" onClick={begin}>
              {words.again}
            </button>
          </>
        )}
      </div>
      {second === 'none' && <CompanyAccounts ways={ways} />}
    </form>
  )
}

type SecondFactorProps = {
  readonly kind: 'code' | 'recoveryCode'
  readonly code: string
  readonly onCode: (code: string) => void
}

function SecondFactor({ kind, code, onCode }: SecondFactorProps) {
  const words = door.value
  const at = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => at.current?.focus(), [kind])
  return (
    <Field label={words[kind]} hint={kind === 'code' ? words.codeHint : undefined}>
      {(of) => (
        <input
          {...of}
          ref={at}
          required
          autocomplete="one-time-code"
          inputMode={kind === 'code' ? 'numeric' : 'text'}
          value={code}
          onInput={(event) => onCode(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}
