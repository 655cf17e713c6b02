/** Add-ins: what draws custom forms, how each stands, what is wrong with it, and which forms have it (PC-86, PC-87). */

import { useEffect, useState } from 'preact/hooks'
import { type ProblemBody, problemOf } from '../../shared/api.ts'
import { useNewer } from '../../shared/newer.ts'
import { ProblemNotice } from '../../shared/pieces.tsx'
import { addressOf } from '../../shared/place.ts'
import { shared } from '../../shared/shared-words.ts'
import { useNews } from '../live.ts'
import type { SectionProps } from '../section.ts'
import { When } from '../when.tsx'
import { readAddIns } from './read.ts'
import { type AddIn, healthOf, type Listed, loadingOf, stateOf } from './words.ts'

export function AddIns({ api }: SectionProps) {
  const [listed, setListed] = useState<Listed>()
  const [problem, setProblem] = useState<ProblemBody>()
  const [said, setSaid] = useState('')
  const [isBusy, setBusy] = useState(false)
  const newer = useNewer()
  const load = async () => {
    const isNewer = newer()
    try {
      const read = await readAddIns(api)
      if (!isNewer()) return
      setListed(read)
      setProblem(undefined)
    } catch (error) {
      setProblem(problemOf(error))
    }
  }
  useEffect(() => void load(), [])
  useNews(({ type }) => {
    if (type === 'reset' || type === 'directory.changed') void load()
  })
  const loadAgain = async () => {
    setBusy(true)
    setSaid('')
    try {
      const { value } = await api.ask<Listed>('POST', '/api/v1/add-ins/load')
      // What was asked for before it was loaded is older.
      newer()()
      setListed(value)
      setProblem(undefined)
      setSaid(loadingOf(value.addIns))
    } catch (error) {
      setProblem(problemOf(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <section class="stack" aria-label="Add-ins">
      <h1>Add-ins</h1>
      <p>
        An add-in draws a custom form in the desk. It is a folder below <code>http.addInsFolder</code> of the
        configuration; <code>docs/ADD-INS.md</code> says what is in it, and <code>add-ins/order-lookup</code> is one to
        begin with.
      </p>
      <div class="row">
        <button type="button" class="main" disabled={isBusy} onClick={() => void loadAgain()}>
          Load again
        </button>
        <span role="status">{isBusy ? shared.value.loading : said}</span>
      </div>
      <ProblemNotice problem={problem} />
      {listed === undefined ? (
        problem === undefined && <p role="status">{shared.value.loading}</p>
      ) : listed.addIns.length === 0 ? (
        <p class="notice">
          There is no add-in. Name a folder under <code>http.addInsFolder</code>, put the folder of an add-in into it,
          and load again.
        </p>
      ) : (
        <ul class="plain-list stack">
          {listed.addIns.map((addIn) => (
            <li key={addIn.name}>
              <Shown addIn={addIn} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Shown({ addIn }: { readonly addIn: AddIn }) {
  const { name, version, title, problems, forms, loadedAt } = addIn
  const standing = stateOf(addIn)
  return (
    <article class="card stack" aria-label={name}>
      <div class="row">
        <h2>
          <bdi>{title || name}</bdi>
        </h2>
        <span class={`badge ${standing.look}`}>{standing.text}</span>
      </div>
      {problems.length > 0 && (
        <div class="notice bad">
          <p>
            <strong>What is wrong in its folder:</strong>
          </p>
          <ul>
            {problems.map(({ file, place, says, advice }) => (
              <li key={`${file} ${place} ${says}`}>
                <code>{`${file} ${place}`.trim()}</code> {says} {advice}
              </li>
            ))}
          </ul>
        </div>
      )}
      <dl class="rows">
        <dt>Name and version</dt>
        <dd>
          <code>{name}</code> {version}
          {loadedAt !== undefined && (
            <>
              , loaded <When at={loadedAt} />
            </>
          )}
        </dd>
        <dt>Forms that use it</dt>
        <dd>
          {forms.length === 0 &&
            (version === undefined ? 'None.' : 'None yet: choose it as the component of a custom form.')}
          {forms.map((form, at) => (
            <span key={form}>
              {at > 0 && ', '}
              <a href={addressOf('forms', form)}>{form}</a>
            </span>
          ))}
        </dd>
        {version !== undefined && <Means addIn={addIn} />}
      </dl>
    </article>
  )
}

/** What it has of a call, and what it has looked up. */
function Means({ addIn }: { readonly addIn: AddIn }) {
  const { attributes, lookups, health } = addIn
  const went = healthOf(addIn)
  return (
    <>
      <dt>What it is told of a call</dt>
      <dd>{attributes.length === 0 ? 'Nothing; only what the form has as attributes.' : attributes.join(', ')}</dd>
      <dt>Lookups</dt>
      <dd>
        {lookups.length === 0 ? 'It has none.' : lookups.join(', ')}{' '}
        {went && <span class={`badge ${went.look}`}>{went.text}</span>}
        {health.lastProblem && (
          <>
            <br />
            Last problem, with <code>{health.lastProblem.lookup}</code> at <When at={health.lastProblem.at} />:{' '}
            <a href={`/problems#${health.lastProblem.code}`}>{health.lastProblem.title}</a>
          </>
        )}
      </dd>
    </>
  )
}
