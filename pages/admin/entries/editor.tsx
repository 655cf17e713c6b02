/** An entry of any kind: its settings, views of its own, its history; saving, what goes wrong with that, and removing. */

import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ProblemNotice } from '../../shared/pieces.tsx'
import { addressOf } from '../../shared/place.ts'
import { shared } from '../../shared/shared-words.ts'
import { TextField } from '../fields.tsx'
import { When } from '../when.tsx'
import type { Body } from './entries.ts'
import { History } from './history.tsx'
import { Meanwhile } from './meanwhile.tsx'
import { type Reference, RemoveDialog } from './remove.tsx'
import { type Entry, type EntryTerms, useEntry } from './use-entry.ts'

/** A view of an entry beside its settings. */
export type View<B extends Body> = {
  /** Last part of the address. */
  readonly name: string
  readonly title: string
  readonly of: (entry: Entry<B>) => ComponentChildren
}

type EditorProps<B extends Body> = EntryTerms<B> & {
  /** Title of the section. */
  readonly title: string
  readonly noun: string
  /** Words for members, in the history too. */
  readonly labels: Readonly<Record<string, string>>
  /** What is said of the name of a new one. */
  readonly nameHint?: string
  readonly view: string | undefined
  readonly views?: readonly View<B>[]
  readonly findReferences: (api: EntryTerms<B>['api'], name: string) => Promise<readonly Reference[]>
  readonly removeWarning: string
  /** Whether it is only shown, and why. */
  readonly fixed?: (entry: Entry<B>) => string | undefined
  readonly children: (entry: Entry<B>) => ComponentChildren
}

export function EntryEditor<B extends Body>(props: EditorProps<B>) {
  const { api, kind, title, noun, labels, view, views = [], fixed } = props
  const entry = useEntry<B>(props)
  const [isRemoving, setRemoving] = useState(false)
  const shown = views.find((each) => each.name === view)
  const isHistory = view === 'history'
  const name = entry.isNew ? `New ${noun}` : props.name
  const whyFixed = fixed?.(entry)
  const tabs = [
    { name: undefined, title: 'Settings' },
    ...views.map((each) => ({ name: each.name, title: each.title })),
    ...(whyFixed === undefined ? [{ name: 'history', title: 'History' }] : []),
  ]
  return (
    <section class="stack" aria-label={name}>
      <p>
        <a href={addressOf(kind)}>All {title.toLowerCase()}</a>
      </p>
      <div class="row">
        <h1>
          <bdi>{name}</bdi>
        </h1>
        {entry.at === 'here' && !entry.isNew && whyFixed === undefined && (
          <button type="button" class="danger end" onClick={() => setRemoving(true)}>
            Remove
          </button>
        )}
      </div>
      {!entry.isNew && (
        <nav class="tabs" aria-label={`Views of the ${noun}`}>
          {tabs.map((tab) => (
            <a
              key={tab.title}
              href={addressOf(kind, props.name, ...(tab.name === undefined ? [] : [tab.name]))}
              aria-current={(shown?.name ?? (isHistory ? 'history' : undefined)) === tab.name ? 'page' : undefined}
            >
              {tab.title}
            </a>
          ))}
        </nav>
      )}
      {entry.at === 'loading' && <p role="status">{shared.value.loading}</p>}
      {entry.at === 'absent' && !isHistory && (
        <p class="notice warn">
          There is no {noun} of this name (any more). Its history stays, and the list has those that there are.
        </p>
      )}
      {entry.at === 'loading' && <ProblemNotice problem={entry.problem} />}
      {isHistory && <History api={api} kind={kind} name={props.name} labels={labels} />}
      {entry.at === 'here' && shown?.of(entry)}
      {entry.at === 'here' && (
        <div class={isHistory || shown !== undefined ? 'away' : undefined}>
          <Settings {...props} entry={entry} whyFixed={whyFixed} />
        </div>
      )}
      {isRemoving && (
        <RemoveDialog
          api={api}
          noun={noun}
          name={props.name}
          findReferences={props.findReferences}
          warning={props.removeWarning}
          onRemove={entry.remove}
          onClose={() => setRemoving(false)}
        />
      )}
    </section>
  )
}

type SettingsProps<B extends Body> = EditorProps<B> & {
  readonly entry: Entry<B>
  readonly whyFixed: string | undefined
}

function Settings<B extends Body>({ entry, noun, labels, nameHint, whyFixed, children }: SettingsProps<B>) {
  const form = useRef<HTMLFormElement>(null)
  const toTop = () => form.current?.scrollIntoView({ block: 'start' })
  useEffect(() => {
    if (entry.problem === undefined) return
    const wrong = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')
    if (entry.problem.status === 422 && wrong) wrong.focus()
    else toTop()
  }, [entry.problem])
  const { meanwhile, troubles, about } = entry
  const isRefused = entry.problem !== undefined && entry.problem.status !== 412
  return (
    <form
      ref={form}
      class="stack"
      aria-label={`Settings of the ${noun}`}
      onSubmit={(event) => {
        event.preventDefault()
        void entry.save()
      }}
    >
      <ProblemNotice problem={isRefused ? entry.problem : undefined} />
      {meanwhile && <Meanwhile {...meanwhile} mine={entry.body} labels={labels} onSettle={entry.settle} />}
      {whyFixed !== undefined && <p class="notice">{whyFixed}</p>}
      <fieldset class="bare stack" disabled={whyFixed !== undefined}>
        {entry.isNew && (
          <TextField
            label="Name"
            hint={nameHint ?? 'Letters, digits, dot, dash and underscore. It never changes.'}
            isName
            isRequired
            maxLength={64}
            wrong={troubles.at('name')}
            value={entry.name}
            onValue={entry.setName}
          />
        )}
        {children(entry)}
      </fieldset>
      {whyFixed === undefined && (
        <div class="row saving">
          <button type="submit" class="main" disabled={entry.isBusy || !entry.isChanged || meanwhile !== undefined}>
            {entry.isNew ? `Make the ${noun}` : 'Save'}
          </button>
          {entry.isChanged && (
            <>
              <button type="button" onClick={entry.undo}>
                Undo all
              </button>
              <span class="badge warn">Not saved</span>
            </>
          )}
          {meanwhile && (
            <button type="button" class="plain" onClick={toTop}>
              Somebody has changed it: see above
            </button>
          )}
        </div>
      )}
      {about?.updatedAt && !entry.isNew && (
        <p class="quiet">
          Revision {about.revision}, changed <When at={about.updatedAt} />
        </p>
      )}
    </form>
  )
}
