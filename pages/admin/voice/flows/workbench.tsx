/** A flow's text with what it comes to: the editor, what is wrong, the drawing, and a dry run. A text that is edited stays while the page does, until it is published. */

import { useEffect, useRef, useState } from 'preact/hooks'
import type { FlowEntry } from '../../../../src/flow/index.ts'
import { type Api, type ProblemBody, problemOf } from '../../../shared/api.ts'
import { ProblemNotice } from '../../../shared/pieces.tsx'
import { addressOf } from '../../../shared/place.ts'
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
/** Texts that were edited and not published, by flow. */
const unsaved = new Map<string, string>()

export function Workbench({ api, id, version, isEdited }: WorkbenchProps) {
  const kept = `${id} ${version}`
  const { value, problem } = useLoaded(async () => {
    const [schema, text] = await Promise.all([
      api.get<SchemaNode>('/api/v1/flow-texts/schema'),
      (isEdited ? unsaved.get(kept) : undefined) ?? loadText(api, id, version),
    ])
    return { schema, text }
  }, `${kept} ${isEdited}`)
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
      {value && (
        <Bench api={api} id={id} begun={value.text} schema={value.schema} keptAs={isEdited ? kept : undefined} />
      )}
    </section>
  )
}

type BenchProps = {
  readonly api: Api
  readonly id: string | undefined
  readonly begun: string
  readonly schema: SchemaNode
  /** Undefined for a text that is only shown. */
  readonly keptAs: string | undefined
}

function Bench({ api, id, begun, schema, keptAs }: BenchProps) {
  const [text, setText] = useState(begun)
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
            setRefused((before) => (before?.code === 'flow.not-valid' ? undefined : before))
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

  const change = (next: string) => {
    setText(next)
    setDone(undefined)
    if (keptAs !== undefined) unsaved.set(keptAs, next)
  }
  const publish = async () => {
    const name = id ?? examined?.flow?.id ?? ''
    setRefused(undefined)
    try {
      const { value } = await api.ask<{ readonly id: string; readonly version: number }>(
        'POST',
        `/api/v1/flows/${encodeURIComponent(name)}/versions`,
        { body: { text }, idempotencyKey: crypto.randomUUID() },
      )
      if (keptAs !== undefined) unsaved.delete(keptAs)
      setDone(value)
    } catch (error) {
      setRefused(problemOf(error))
    }
  }
  const problems = textProblemsOf(refused).length > 0 ? textProblemsOf(refused) : (examined?.problems ?? [])
  const isCurrent = examined?.text === text
  const graph = examined?.flow && graphOf(examined.flow)
  return (
    <>
      <Editor
        label={keptAs === undefined ? 'Text of the flow, to be read' : 'Text of the flow'}
        begun={begun}
        {...(keptAs === undefined ? {} : { onText: change })}
        problems={problems}
        schema={schema}
        onHandle={(handle) => {
          editor.current = handle
        }}
      />
      <ProblemNotice problem={refused && { ...refused, problems: [] }} />
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
      {keptAs !== undefined && (
        <div class="row">
          <button
            type="button"
            class="main"
            disabled={!isCurrent || examined.flow === undefined}
            onClick={() => void publish()}
          >
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

/** A version; without one the draft when it is newer, or the newest version. */
async function loadText(api: Api, id: string | undefined, version: number | undefined): Promise<string> {
  if (id === undefined) return NEW_TEXT
  const path = `/api/v1/flows/${encodeURIComponent(id)}`
  const textOf = async (place: string) => (await api.get<{ readonly text: string }>(`${path}/${place}`)).text
  if (version !== undefined) return textOf(`versions/${version}`)
  const flow = await api.get<FlowEntry>(path)
  const [newest] = flow.versions
  return flow.draft === 'changed' || newest === undefined ? textOf('draft') : textOf(`versions/${newest.version}`)
}
