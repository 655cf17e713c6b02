/** A second factor for who needs one and has none: the key as a picture and in letters, its first code, and the recovery codes. */

import { useEffect, useState } from 'preact/hooks'
import { encode } from 'uqr'
import { type Api, type ProblemBody, problemOf } from '../shared/api.ts'
import { Field, ProblemNotice } from '../shared/pieces.tsx'
import { door } from './door-words.ts'

type Key = { readonly uri: string; readonly key: string }

export function Enrol({ api, onDone }: { readonly api: Api; readonly onDone: () => void }) {
  const words = door.value
  const [key, setKey] = useState<Key>()
  const [code, setCode] = useState('')
  const [codes, setCodes] = useState<readonly string[]>()
  const [problem, setProblem] = useState<ProblemBody>()
  const fail = (error: unknown) => setProblem(problemOf(error))
  useEffect(() => {
    api.ask<Key>('POST', '/api/v1/me/second-factor').then(({ value }) => setKey(value), fail)
  }, [api])

  const submit = async (event: Event) => {
    event.preventDefault()
    setProblem(undefined)
    try {
      const { value } = await api.ask<{ readonly recoveryCodes: readonly string[] }>(
        'POST',
        '/api/v1/me/second-factor/confirm',
        { body: { code: code.trim() } },
      )
      setCodes(value.recoveryCodes)
    } catch (error) {
      setCode('')
      fail(error)
    }
  }
  if (codes !== undefined) return <RecoveryCodes codes={codes} onDone={onDone} />
  return (
    <form class="stack" onSubmit={(event) => void submit(event)}>
      <h1>{words.enrolTitle}</h1>
      <p>{words.enrolWhy}</p>
      <ProblemNotice problem={problem} />
      {key && (
        <>
          <Picture text={key.uri} says={words.picture} />
          <p>
            {words.enrolKey}
            <br />
            <code>{key.key.replace(/(.{4})(?=.)/g, '$1 ')}</code>
          </p>
        </>
      )}
      <Field label={words.code} hint={words.codeHint}>
        {(of) => (
          <input
            {...of}
            required
            autocomplete="one-time-code"
            inputMode="numeric"
            value={code}
            onInput={(event) => setCode(event.currentTarget.value)}
          />
        )}
      </Field>
      <div class="row">
        <button class="main" type="submit" disabled={key === undefined}>
          {words.confirm}
        </button>
      </div>
    </form>
  )
}

function RecoveryCodes({ codes, onDone }: { readonly codes: readonly string[]; readonly onDone: () => void }) {
  const words = door.value
  const [isCopied, setCopied] = useState(false)
  const copy = () =>
    void navigator.clipboard.writeText(codes.join('\n')).then(
      () => setCopied(true),
      () => undefined,
    )
  return (
    <div class="stack">
      <h1>{words.recoveryTitle}</h1>
      <p>{words.recoveryWhy}</p>
      <ul class="codes mono">
        {codes.map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
      <div class="row">
        <button class="main" type="button" onClick={onDone}>
          {words.goOn}
        </button>
        <button type="button" onClick={copy}>
          {words.copy}
        </button>
        <span role="status">{isCopied && words.copied}</span>
      </div>
    </div>
  )
}

/** A QR code as one path, since a style or an image within the page has no leave. */
function Picture({ text, says }: { readonly text: string; readonly says: string }) {
  const { data, size } = encode(text, { border: 1 })
  const path = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return (
    <svg class="picture" role="img" aria-label={says} viewBox={`0 0 ${size} ${size}`} shape-rendering="crispEdges">
      <path d={path} fill="#000" />
    </svg>
  )
}
