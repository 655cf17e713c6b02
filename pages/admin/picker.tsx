/** Names that are chosen out of a directory that may be long: the chosen ones, in an order where it counts, and a search for more. */

import { useEffect, useRef, useState } from 'preact/hooks'
import type { Api } from '../shared/api.ts'
import { addressOf } from '../shared/place.ts'
import { type Kind, type Listed, pathOf } from './entries/entries.ts'
import type { Troubles } from './entries/troubles.ts'
import { TextField } from './fields.tsx'
import { type Texts, textIn } from './forms/texts.ts'
import { MoveButtons, useFollow } from './move-buttons.tsx'
import { moved } from './moved.ts'

type PickerProps = {
  readonly api: Api
  readonly kind: Kind
  readonly legend: string
  readonly hint: string
  /** What one of them is called. */
  readonly noun: string
  /** What there is to do where there is none to choose from. */
  readonly none: string
  readonly chosen: readonly string[]
  readonly isOrdered?: boolean
  readonly troubles: Troubles
  readonly place: string
  readonly onChosen: (chosen: readonly string[]) => void
}

type Offer = { readonly name: string; readonly displayName?: Texts }

const OFFERED = 8
const PAUSE_MS = 150

export function NamePicker(props: PickerProps) {
  const { api, kind, legend, hint, noun, none, chosen, isOrdered, troubles, place, onChosen } = props
  const [search, setSearch] = useState('')
  const [offers, setOffers] = useState<readonly Offer[]>()
  const [said, setSaid] = useState('')
  const list = useRef<HTMLUListElement>(null)
  useEffect(() => {
    const ended = new AbortController()
    const timer = setTimeout(() => {
      // Enough that some are left when those that are chosen are taken out.
      const limit = Math.min(1000, chosen.length + OFFERED + 1)
      const question = new URLSearchParams({ limit: String(limit), ...(search === '' ? {} : { search }) })
      api.get<Listed<Offer>>(`${pathOf(kind)}?${question}`, ended.signal).then(
        ({ entries }) => setOffers(entries.filter(({ name }) => !chosen.includes(name))),
        () => undefined,
      )
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      ended.abort()
    }
  }, [search, chosen])
  const follow = useFollow(list)
  // Who has just been added is offered no more, although the next answer is still on its way.
  const left = offers?.filter(({ name }) => !chosen.includes(name))
  const add = (name: string) => {
    onChosen([...chosen, name])
    setSaid(`${name} is added`)
  }
  const remove = (name: string) => {
    onChosen(chosen.filter((each) => each !== name))
    setSaid(`${name} is taken out`)
    list.current?.focus()
  }
  return (
    <fieldset class="stack">
      <legend>{legend}</legend>
      <p class="quiet">{hint}</p>
      {chosen.length > 0 && (
        <ul ref={list} class="chosen" tabIndex={-1} aria-label={`${legend}, chosen`}>
          {chosen.map((name, at) => {
            const wrong = troubles.at(`${place}[${at}]`)
            return (
              <li key={name} class="row">
                <a href={addressOf(kind, name)}>{name}</a>
                {wrong && <span class="wrong">{wrong}</span>}
                <span class="row tight end">
                  {isOrdered && (
                    <MoveButtons
                      what={name}
                      at={at}
                      count={chosen.length}
                      onMove={(to, way) => {
                        follow(to, way)
                        onChosen(moved(chosen, at, to))
                        setSaid(`${name} is number ${to + 1} now`)
                      }}
                    />
                  )}
                  <button
                    type="button"
                    aria-label={`Take out ${name} of ${legend.toLowerCase()}`}
                    onClick={() => remove(name)}
                  >
                    Take out
                  </button>
                </span>
              </li>
            )
          })}
        </ul>
      )}
      <TextField
        label={`Search for a ${noun} to add`}
        type="search"
        maxLength={80}
        value={search}
        onValue={setSearch}
      />
      {offers?.length === 0 ? (
        <p class="quiet">{search === '' ? none : 'Nobody else has this in the name.'}</p>
      ) : (
        <ul class="offers" aria-label={`${legend}, to add`}>
          {left?.slice(0, OFFERED).map(({ name, displayName }) => (
            <li key={name}>
              <button type="button" onClick={() => add(name)}>
                Add <bdi>{nameOf(name, displayName)}</bdi>
              </button>
            </li>
          ))}
          {(left?.length ?? 0) > OFFERED && <li class="quiet">and more: search for them</li>}
        </ul>
      )}
      <div role="status" class="hidden-text">
        {said}
      </div>
    </fieldset>
  )
}

function nameOf(name: string, displayName: Texts = ''): string {
  const shown = textIn(displayName)
  return shown === '' ? name : `${name} (${shown})`
}
