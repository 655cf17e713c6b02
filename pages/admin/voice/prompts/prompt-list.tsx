/** The prompts of a language: their words, where they are from, how loud they are, what is missing. */

import { useState } from 'preact/hooks'
import type { Api } from '../../../shared/api.ts'
import { Field, ProblemNotice } from '../../../shared/pieces.tsx'
import { addressOf, goTo } from '../../../shared/place.ts'
import { ScrolledTable } from '../../../shared/scrolled-table.tsx'
import { useLoaded } from '../use-loaded.ts'
import { ORIGINS, type ShownPrompt, type ShownPrompts } from './prompt-terms.ts'

type ListProps = { readonly api: Api; readonly language: string | undefined; readonly mayWrite: boolean }

export function PromptList({ api, language, mayWrite }: ListProps) {
  const { value, problem } = useLoaded(() => api.get<ShownPrompts>('/api/v1/prompts'), 'prompts')
  const [search, setSearch] = useState('')
  const shown = value?.languages.find((each) => each.language === language) ?? value?.languages[0]
  const found = value?.prompts.filter(
    ({ language: own, name, text = '' }) =>
      own === shown?.language && `${name} ${text}`.toLowerCase().includes(search.trim().toLowerCase()),
  )
  return (
    <section class="stack" aria-label="Prompts">
      <h1>Prompts</h1>
      <p class="quiet">What callers hear. A change is in force with the next session.</p>
      <ProblemNotice problem={problem} />
      {value === undefined && problem === undefined && <p role="status">Measuring the prompts …</p>}
      {value && (
        <nav aria-label="Languages" class="row">
          {value.languages.map(({ language: own, complete, missing }) => (
            <a
              key={own}
              class="button"
              href={addressOf('prompts', own)}
              aria-current={own === shown?.language ? 'page' : undefined}
            >
              {own}{' '}
              <span class={`badge ${complete ? 'good' : 'warn'}`}>
                {complete ? 'complete' : `${missing.length} missing`}
              </span>
            </a>
          ))}
        </nav>
      )}
      {shown && !shown.complete && (
        <div class="notice warn">
          <p>
            Missing in {shown.language} for the card flow; flows that need them fall back on another language, or cannot
            start:
          </p>
          <ul class="names wrapped">
            {shown.missing.map((name) => (
              <li key={name}>
                <a href={addressOf('prompts', shown.language, name)}>{name}</a>
              </li>
            ))}
          </ul>
        </div>
      )}
      {shown && (
        <div class="row ends">
          <Field label="Search">
            {(of) => (
              <input
                {...of}
                type="search"
                value={search}
                onInput={({ currentTarget }) => setSearch(currentTarget.value)}
              />
            )}
          </Field>
          {mayWrite && <NewPrompt language={shown.language} />}
        </div>
      )}
      {found && shown && <Table prompts={found} language={shown.language} />}
    </section>
  )
}

function NewPrompt({ language }: { readonly language: string }) {
  const [name, setName] = useState('')
  return (
    <form
      class="row ends"
      onSubmit={(event) => {
        event.preventDefault()
        goTo('prompts', language, name)
      }}
    >
      <Field label="Name of a new prompt">
        {(of) => (
          <input
            {...of}
            required
            pattern="[a-z0-9]+(-[a-z0-9]+)*"
            maxLength={64}
            title="Small letters, digits and hyphens"
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        )}
      </Field>
      <button type="submit">Make it</button>
    </form>
  )
}

function Table({ prompts, language }: { readonly prompts: readonly ShownPrompt[]; readonly language: string }) {
  return (
    <ScrolledTable caption={`Prompts in ${language}`} kind="wide" heads={['Name', 'Words', 'From', 'Length', 'Speech']}>
      {prompts.map(({ name, text, from, seconds, speechDbm0, flaws }) => (
        <tr key={name}>
          <th scope="row">
            <a href={addressOf('prompts', language, name)}>{name}</a>
            {flaws.length > 0 && (
              <span class="badge bad">{flaws.length === 1 ? 'a flaw' : `${flaws.length} flaws`}</span>
            )}
          </th>
          <td>{text ?? <span class="quiet">not written down</span>}</td>
          <td>
            <span class={`badge ${from === 'store' ? 'good' : ''}`}>{ORIGINS[from]}</span>
          </td>
          <td class="number">{seconds.toFixed(1)} s</td>
          <td class="number">{speechDbm0.toFixed(1)} dBm0</td>
        </tr>
      ))}
    </ScrolledTable>
  )
}
