/** A dry run of a flow's text with a made-up caller: what happened so far, and what may be done next. The server walks it by the vault's own machine, from the beginning at each step. */

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Act, Awaited, DryRun } from '../../../../src/flow/index.ts'
import { type Api, type ProblemBody, problemOf } from '../../../shared/api.ts'
import { ProblemNotice } from '../../../shared/pieces.tsx'
import { type ClipTexts, clipsOf, lineWords } from './dry-run-words.ts'
import { Keypad } from './keypad.tsx'
import { playClips } from './play-clips.ts'

type Answer = DryRun & { readonly texts: ClipTexts }
type PanelProps = {
  readonly api: Api
  readonly text: string
  /** Told where it stands. */
  readonly onStep: (step: number | undefined) => void
}

export function DryRunPanel({ api, text, onStep }: PanelProps) {
  const [acts, setActs] = useState<readonly Act[]>([])
  const [run, setRun] = useState<{ readonly acts: readonly Act[]; readonly answer: Answer }>()
  const [problem, setProblem] = useState<ProblemBody>()
  const log = useRef<HTMLDivElement>(null)
  const asked = useRef(0)

  const go = (next: readonly Act[]) => {
    setActs(next)
    const number = ++asked.current
    api.ask<Answer>('POST', '/api/v1/flow-texts/dry-run', { body: { text, acts: next } }).then(
      ({ value }) => {
        if (asked.current !== number) return
        setRun({ acts: next, answer: value })
        setProblem(undefined)
        onStep(value.step)
      },
      (error: unknown) => asked.current === number && setProblem(problemOf(error)),
    )
  }
  useEffect(() => {
    go([])
    return () => {
      onStep(undefined)
      playClips([])
    }
  }, [text])
  useEffect(() => {
    if (log.current !== null) log.current.scrollTop = log.current.scrollHeight
  }, [run])

  const act = (next: Act) => go([...acts, next])
  const awaits = run?.answer.awaits
  return (
    <div class="dry-run">
      <ProblemNotice problem={problem} />
      {run && (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is scrolled must be reached by keyboard. */}
          <div class="transcript" ref={log} role="log" aria-label="What happens" tabIndex={0}>
            <ol>
              {run.answer.lines.map((line, at) => {
                const told = lineWords(line, run.acts, run.answer.texts)
                const clips = clipsOf(line, run.answer.texts)
                return (
                  told && (
                    <li key={at} class={told.who.replace(' ', '-')}>
                      <span class="who">{told.who}</span> <span>{told.says}</span>
                      {clips.length > 0 && (
                        <button type="button" class="plain" onClick={() => playClips(clips)}>
                          Listen<span class="hidden-text"> to: {told.says}</span>
                        </button>
                      )}
                    </li>
                  )
                )
              })}
            </ol>
          </div>
          <div class="stack">
            {awaits && <Next awaits={awaits} brand={brandIn(run.acts)} isBegun={run.acts.length > 0} onAct={act} />}
            <div class="row">
              {awaits?.at !== 'nothing' && (
                <>
                  <button type="button" onClick={() => act({ act: 'hang-up' })}>
                    Caller hangs up
                  </button>
                  <button type="button" disabled={awaits?.at === 'verdict'} onClick={() => act({ act: 'cancel' })}>
                    Agent cancels
                  </button>
                </>
              )}
              <button type="button" disabled={acts.length === 0} onClick={() => go(acts.slice(0, -1))}>
                One step back
              </button>
              <button type="button" disabled={acts.length === 0} onClick={() => go([])}>
                From the beginning
              </button>
            </div>
          </div>
        </>
      )}
    </div>
  )
}

type NextProps = {
  readonly awaits: Awaited
  readonly brand: Extract<Act, { act: 'enter' }>['brand']
  /** Whether anything was done yet. */
  readonly isBegun: boolean
  readonly onAct: (act: Act) => void
}

/** What may be done next; the focus goes along with it, so that keys and Enter mean what is shown. */
function Next({ awaits, brand, isBegun, onAct }: NextProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  // With what is shown, not after it: what is keyed at once would be nobody's.
  useLayoutEffect(() => {
    if (isBegun) heading.current?.focus()
  }, [awaits])
  const title = (
    <h3 ref={heading} tabIndex={-1}>
      {titleOf(awaits)}
    </h3>
  )
  if (awaits.at === 'nothing') return title
  if (awaits.at === 'entry') {
    return (
      <Keypad key={`${awaits.field} ${awaits.second}`} entry={awaits} brand={brand} onAct={onAct}>
        {title}
      </Keypad>
    )
  }
  return (
    <>
      {title}
      <div class="row">
        {choicesOf(awaits).map(({ says, act }) => (
          <button key={says} type="button" onClick={() => onAct(act)}>
            {says}
          </button>
        ))}
      </div>
    </>
  )
}

function titleOf(awaits: Awaited): string {
  switch (awaits.at) {
    case 'entry':
      return `${awaits.second ? 'Once more' : 'Asked for'}: ${awaits.field}`
    case 'confirmation':
      return `Is ${awaits.field} right?`
    case 'verdict':
      return 'The service is asked. What does it answer?'
    case 'agent':
      return 'What does the agent order?'
    case 'nothing':
      return 'The session is over'
  }
}

type Choice = { readonly says: string; readonly act: Act }

function choicesOf(awaits: Awaited): readonly Choice[] {
  switch (awaits.at) {
    case 'confirmation':
      return [
        { says: 'Yes', act: { act: 'yes' } },
        { says: 'No', act: { act: 'no' } },
        { says: `Say nothing for ${awaits.seconds} s`, act: { act: 'silence' } },
      ]
    case 'verdict':
      return [
        { says: 'Accepted', act: { act: 'verdict', result: 'accepted' } },
        { says: 'Declined', act: { act: 'verdict', result: 'declined' } },
        { says: 'No answer', act: { act: 'verdict', result: 'failed' } },
      ]
    case 'agent':
      return [
        ...awaits.fields.map(
          ({ index, name }): Choice => ({ says: `${name} again`, act: { act: 'again', fields: [index] } }),
        ),
        { says: 'Everything again', act: { act: 'again-all' } },
        { says: 'Go on', act: { act: 'go-on' } },
        { says: 'Nothing', act: { act: 'silence' } },
      ]
    default:
      return []
  }
}

/** Of the card that was keyed last and taken. */
function brandIn(acts: readonly Act[]): NextProps['brand'] {
  const card = acts.findLast((act) => act.act === 'enter' && act.brand !== undefined && act.fault === undefined)
  return card?.act === 'enter' ? card.brand : undefined
}
