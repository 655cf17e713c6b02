/** One flow: its versions, and what can be done with them. */

import { useState } from 'preact/hooks'
import type { FlowEntry, FlowVersion } from '../../../../src/flow/index.ts'
import { type Api, type ProblemBody, problemOf } from '../../../shared/api.ts'
import { Dialog, Field, ProblemNotice } from '../../../shared/pieces.tsx'
import { addressOf, goTo } from '../../../shared/place.ts'
import { ScrolledTable } from '../../../shared/scrolled-table.tsx'
import { TextProblems, textProblemsOf } from '../text-problems.tsx'
import { useLoaded } from '../use-loaded.ts'

type DetailProps = { readonly api: Api; readonly id: string }

export function FlowDetail({ api, id }: DetailProps) {
  const path = `/api/v1/flows/${encodeURIComponent(id)}`
  const { value: flow, problem, reload } = useLoaded(() => api.get<FlowEntry>(path), id)
  const [retired, setRetired] = useState<number>()
  const [refused, setRefused] = useState<ProblemBody>()
  const [done, setDone] = useState('')

  const carryOut = async (ask: () => Promise<unknown>, says: string) => {
    setRefused(undefined)
    setDone('')
    const problem = await ask().then(() => undefined, problemOf)
    // Said with what has come of it, not before: who reads it may go on.
    await reload()
    if (problem === undefined) setDone(says)
    else setRefused(problem)
  }
  const retire = (version: number) => {
    setRetired(undefined)
    void carryOut(
      () => api.ask('POST', `${path}/versions/${version}/retire`),
      `Version ${version} is retired: no new session takes it.`,
    )
  }
  const publishDraft = () =>
    void carryOut(
      () => api.ask('POST', `${path}/publish`, { idempotencyKey: crypto.randomUUID() }),
      'The draft is published: the next session takes it.',
    )

  return (
    <section class="stack" aria-label={`Flow ${id}`}>
      <p>
        <a href={addressOf('flows')}>All flows</a>
      </p>
      <h1>{flow?.title ?? id}</h1>
      <ProblemNotice problem={problem} />
      <ProblemNotice problem={refused && { ...refused, problems: [] }} />
      <TextProblems problems={textProblemsOf(refused)} />
      <p role="status" class={done === '' ? '' : 'notice good'}>
        {done}
      </p>
      {flow && (
        <>
          <div class="row">
            <a class="button" href={addressOf('flows', id, 'edit')}>
              {flow.draft === 'changed' ? 'Edit the draft' : 'Write a new version'}
            </a>
            {flow.draft === 'changed' && (
              <button type="button" onClick={publishDraft}>
                Publish the draft of the file
              </button>
            )}
          </div>
          <Versions id={id} versions={flow.versions} onRetire={setRetired} />
          {flow.versions.length > 1 && <CompareForm id={id} versions={flow.versions} />}
        </>
      )}
      {retired !== undefined && (
        <Dialog title={`Retire version ${retired}?`} onClose={() => setRetired(undefined)}>
          <p>
            No new session takes it, for good. Sessions that run keep it; the next ones take the newest version that is
            not retired.
          </p>
          <div class="row">
            <button type="button" class="danger" onClick={() => retire(retired)}>
              Retire it
            </button>
          </div>
        </Dialog>
      )}
    </section>
  )
}

type VersionsProps = {
  readonly id: string
  readonly versions: readonly FlowVersion[]
  readonly onRetire: (version: number) => void
}

function Versions({ id, versions, onRetire }: VersionsProps) {
  const taken = versions.find(({ state }) => state === 'published')
  if (versions.length === 0) return <p class="notice warn">No version is published: sessions cannot take this flow.</p>
  return (
    <ScrolledTable caption="List of versions" heads={['Version', 'State', 'From', 'SHA-256', 'What to do']}>
      {versions.map(({ version, state, from, sha256 }) => (
        <tr key={version}>
          <th scope="row">
            <a href={addressOf('flows', id, String(version))}>Version {version}</a>
          </th>
          <td>
            <span class={`badge ${state === 'published' ? 'good' : ''}`}>{state}</span>{' '}
            {version === taken?.version && <span class="quiet">sessions take it</span>}
          </td>
          <td>{from === 'store' ? 'the store' : 'a file'}</td>
          <td>
            <code title={sha256}>{sha256.slice(0, 12)}</code>
          </td>
          <td>
            {state === 'published' && (
              <button type="button" class="danger" onClick={() => onRetire(version)}>
                Retire <span class="hidden-text">version {version}</span>
              </button>
            )}
          </td>
        </tr>
      ))}
    </ScrolledTable>
  )
}

function CompareForm({ id, versions }: Pick<VersionsProps, 'id' | 'versions'>) {
  const [before, setBefore] = useState(versions[1]?.version ?? 1)
  const [after, setAfter] = useState(versions[0]?.version ?? 1)
  const choice = (label: string, value: number, set: (version: number) => void) => (
    <Field label={label}>
      {(of) => (
        <select {...of} value={value} onChange={({ currentTarget }) => set(Number(currentTarget.value))}>
          {versions.map(({ version }) => (
            <option key={version} value={version}>
              Version {version}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
  return (
    <form
      class="row compare"
      onSubmit={(event) => {
        event.preventDefault()
        goTo('flows', id, 'compare', String(before), String(after))
      }}
    >
      {choice('Compare', before, setBefore)}
      {choice('with', after, setAfter)}
      <button type="submit">Show what differs</button>
    </form>
  )
}
