/** A flow's text with what it comes to: the editor, what is wrong, the drawing, and a dry run. Nobody leaves an edited text that is not published without being asked. */

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { FlowEntry } from '../../../../src/flow/index.ts'
import { type Api, type ProblemBody, problemOf } from '../../../shared/api.ts'
import { ProblemNotice } from '../../../shared/pieces.tsx'
import { addressOf, freePlace, holdPlace, place } from '../../../shared/place.ts'
import { type TextProblem, TextProblems, textProblemsOf } from '../text-problems.tsx'
import { useLoaded } from '../use-loaded.ts'
import { Diagram } from './diagram.tsx'
import { DryRunPanel } from './dry-run-panel.tsx'
import { Editor, type EditorHandle } from './editor.tsx'
import type { SchemaNode } from './flow-completion.ts'
import { graphOf, type ReadFlow } from './flow-graph.ts'

type Examined = { readonly problems: readonly TextProblem[]; readonly flow?: ReadFlow }
type WorkbenchProps = {
  readonly api: Api
  /** Undefined for a new flow: its text says its name. */
  readonly id: string | undefined
  /** Which version is shown or begun from; the newest, or the draft, when undefined. */
  readonly version: number | undefined
  readonly isEdited: boolean
}

/** How long nobody types before the text is checked. */
const PAUSE_MS = 400
const NEW_TEXT = `id: my-flow
title: My flow
fields:
  credit card: card-number
  expiry date: expiry
steps:
  - begin
  - collect: credit card
  - collect: expiry date
  - collect: security code
  - validate
`
/** What somebody begins with: a text, and which version was the newest then, 0 for none; of a new flow once it is published also of which that is, since its text may become another one. */
type Begun = { readonly text: string; readonly basedOn: number; readonly publishedAs?: string }

export function Workbench({ api, id, version, isEdited }: WorkbenchProps) {
  const { value, problem } = useLoaded(async () => {
    const [schema, begun] = await Promise.all([
      api.get<SchemaNode>('/api/v1/flow-texts/schema'),
      begin(api, id, version),
    ])
    return { schema, begun }
  }, `${id} ${version} ${isEdited}`)
  const title = id === undefined ? 'New flow' : isEdited ? `New version of ${id}` : `${id}, version ${version}`
  return (
    <section class="stack" aria-label={title}>
      <p>
        <a href={id === undefined ? addressOf('flows') : addressOf('flows', id)}>{id ?? 'All flows'}</a>
      </p>
      <div class="row">
        <h1>{title}</h1>
        {!isEdited && id !== undefined && (
          <a class="button end" href={addressOf('flows', id, 'edit', String(version))}>
            Write a new version from this one
          </a>
        )}
      </div>
      <ProblemNotice problem={problem} />
      {value && <Bench api={api} id={id} begun={value.begun} schema={value.schema} isEdited={isEdited} />}
    </section>
  )
}

type BenchProps = {
  readonly api: Api
  readonly id: string | undefined
  readonly begun: Begun
  readonly schema: SchemaNode
  /** False for a text that is only shown. */
  readonly isEdited: boolean
}

function Bench({ api, id, begun, schema, isEdited }: BenchProps) {
  const [text, setText] = useState(begun.text)
  /** What is published, or was begun with. */
  const [base, setBase] = useState(begun)
  /** A version of somebody else's that came since. */
  const [newer, setNewer] = useState<number>()
  const [examined, setExamined] = useState<Examined & { readonly text: string }>()
  const [refused, setRefused] = useState<ProblemBody>()
  const [done, setDone] = useState<{ readonly id: string; readonly version: number }>()
  const [step, setStep] = useState<number>()
  const editor = useRef<EditorHandle>(undefined)

  useEffect(() => {
    let isOld = false
    const timer = setTimeout(
      () => {
        const body = { text, ...(id === undefined ? {} : { id }) }
        api.ask<Examined>('POST', '/api/v1/flow-texts/check', { body }).then(
          ({ value }) => {
            // Somebody typed on meanwhile, and the answer to that may have been sooner.
            if (isOld) return
            setExamined({ ...value, text })
            setRefused(undefined)
          },
          (error: unknown) => isOld || setRefused(problemOf(error)),
        )
      },
      examined === undefined ? 0 : PAUSE_MS,
    )
    return () => {
      isOld = true
      clearTimeout(timer)
    }
  }, [text])

  const isUnsaved = text !== base.text
  // With what is shown, not after it: who has read that it is published may go at once.
  useLayoutEffect(() => {
    if (isUnsaved) holdPlace(place.value)
    else freePlace()
    return freePlace
  }, [isUnsaved])

  const change = (next: string) => {
    setText(next)
    setDone(undefined)
  }
  const name = id ?? examined?.flow?.id ?? ''
  const before = base.publishedAs === undefined || base.publishedAs === name ? base.basedOn : 0
  const publish = async (basedOn: number) => {
    setRefused(undefined)
    setNewer(undefined)
    try {
      const { value } = await api.ask<{ readonly id: string; readonly version: number }>(
        'POST',
        `${pathOf(name)}/versions`,
        { body: { text, basedOn }, idempotencyKey: crypto.randomUUID() },
      )
      setBase({ text, basedOn: value.version, publishedAs: value.id })
      setDone(value)
    } catch (error) {
      const problem = problemOf(error)
      const there = problem.status === 412 ? await newestOf(api, name).catch(() => undefined) : undefined
      if (there === undefined) setRefused(problem)
      else setNewer(there)
    }
  }
  const problems = textProblemsOf(refused).length > 0 ? textProblemsOf(refused) : (examined?.problems ?? [])
  const isCurrent = examined?.text === text
  const canPublish = isCurrent && examined.flow !== undefined
  const graph = examined?.flow && graphOf(examined.flow)
  return (
    <>
      <Editor
        label={isEdited ? 'Text of the flow' : 'Text of the flow, to be read'}
        begun={begun.text}
        {...(isEdited ? { onText: change } : {})}
        problems={problems}
        schema={schema}
        onHandle={(handle) => {
          editor.current = handle
        }}
      />
      <ProblemNotice problem={refused && { ...refused, problems: [] }} />
      {newer !== undefined && (
        <Newer id={name} before={before} newer={newer} canPublish={canPublish} onPublish={() => void publish(newer)} />
      )}
      <div role="status" aria-live="polite">
        {isCurrent && problems.length > 0 && (
          <h2>{problems.length === 1 ? 'One problem' : `${problems.length} problems`}</h2>
        )}
        {isCurrent && problems.length === 0 && refused === undefined && (
          <p class="badge good">Nothing is wrong with it</p>
        )}
        {done && (
          <p class="notice good">
            Published as <a href={addressOf('flows', done.id, String(done.version))}>version {done.version}</a>: the
            next session takes it.
          </p>
        )}
      </div>
      <TextProblems problems={problems} onLine={(line) => editor.current?.toLine(line)} />
      {isEdited && (
        <div class="row">
          <button type="button" class="main" disabled={!canPublish} onClick={() => void publish(before)}>
            Publish
          </button>
          <span class="quiet">Ctrl+Space completes; Tab leaves the editor.</span>
        </div>
      )}
      <div class="bench">
        {graph && (
          <div class="card stack">
            <h2>State diagram</h2>
            <Diagram graph={graph} current={step === undefined ? undefined : `step-${step}`} />
          </div>
        )}
        {graph && isCurrent && (
          <div class="card stack">
            <h2>Dry run with a made-up caller</h2>
            <p class="quiet">
              The program that a secure session runs, without a call. Which keys you press stays in this page; the
              server is told how many, and whether they would be taken.
            </p>
            <DryRunPanel key={text} api={api} text={text} onStep={setStep} />
          </div>
        )}
      </div>
    </>
  )
}

type NewerProps = {
  readonly id: string
  /** The newest version when the text was begun, 0 for none. */
  readonly before: number
  readonly newer: number
  readonly canPublish: boolean
  readonly onPublish: () => void
}

/** Somebody was faster. What he wrote is looked at beside the text, which stays where it is. */
function Newer({ id, before, newer, canPublish, onPublish }: NewerProps) {
  const there =
    before === 0 ? addressOf('flows', id, `${newer}`) : addressOf('flows', id, 'compare', `${before}`, `${newer}`)
  return (
    <div role="alert">
      <div class="notice warn stack">
        <p>
          Version {newer} of <bdi>{id}</bdi> is the newest by now, and none that you began from. Nothing of yours is
          published yet, and nothing of it is lost: put in what you want to keep of that version, then publish yours
          after it.
        </p>
        <div class="row">
          <a class="button" href={there} target="_blank" rel="noreferrer">
            {before === 0 ? `Show version ${newer}` : `Show what differs from version ${before}`}
          </a>
          <button type="button" disabled={!canPublish} onClick={onPublish}>
            Publish mine after version {newer}
          </button>
        </div>
      </div>
    </div>
  )
}

function pathOf(id: string): string {
  return `/api/v1/flows/${encodeURIComponent(id)}`
}

async function newestOf(api: Api, id: string): Promise<number | undefined> {
  return (await api.get<FlowEntry>(pathOf(id))).versions[0]?.version
}

/** A version; without one the draft when it is newer, or the newest version. */
async function begin(api: Api, id: string | undefined, version: number | undefined): Promise<Begun> {
  if (id === undefined) return { text: NEW_TEXT, basedOn: 0 }
  const flow = await api.get<FlowEntry>(pathOf(id))
  const [newest] = flow.versions
  const read = version ?? (flow.draft === 'changed' ? undefined : newest?.version)
  const from = `${pathOf(id)}/${read === undefined ? 'draft' : `versions/${read}`}`
  return { text: (await api.get<{ readonly text: string }>(from)).text, basedOn: newest?.version ?? 0 }
}
