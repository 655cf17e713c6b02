/**
 * One entry while it is edited: as it was read, with its ETag; as it is to be; and what became of the last try to save it. What somebody else changes meanwhile is taken over at once where
 * nothing was touched here, and shown otherwise.
 */

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type Answered, type Api, type ProblemBody, problemOf } from '../../shared/api.ts'
import { freePlace, goTo, holdPlace } from '../../shared/place.ts'
import { isAbout, useNews } from '../live.ts'
import { say, sayNothing } from '../said.tsx'
import { bringTogether, changedMembers } from './difference.ts'
import { type About, type Body, bodyOf, type Kind, NEW, type PlanAbout, pathOf } from './entries.ts'
import { NO_TROUBLES, type Troubles, troublesOf } from './troubles.ts'

type Read<B> = {
  readonly about: (About & Partial<PlanAbout>) | undefined
  readonly body: B
  readonly etag: string | undefined
}

export type Entry<B extends Body> = {
  readonly at: 'loading' | 'absent' | 'here'
  readonly isNew: boolean
  /** Of a new one: as it is typed. */
  readonly name: string
  readonly setName: (name: string) => void
  /** As it was read. */
  readonly about: (About & Partial<PlanAbout>) | undefined
  /** As it was read, or what a new one begins with. */
  readonly known: B
  /** As it is to be. */
  readonly body: B
  readonly set: <M extends keyof B>(member: M, value: B[M]) => void
  readonly setBody: (body: B) => void
  readonly isChanged: boolean
  readonly isBusy: boolean
  readonly problem: ProblemBody | undefined
  readonly troubles: Troubles
  /** What somebody else has made of it meanwhile. */
  readonly meanwhile: { readonly before: B; readonly theirs: B } | undefined
  readonly settle: (wins: 'mine' | 'theirs') => void
  readonly undo: () => void
  readonly save: () => Promise<void>
  /** @returns why it could not be removed. */
  readonly remove: () => Promise<ProblemBody | undefined>
}

export type EntryTerms<B extends Body> = {
  readonly api: Api
  readonly kind: Kind
  /** `NEW` for one that is to be made. */
  readonly name: string
  /** What a new one begins with. */
  readonly fresh: B
  /** Where to go when it has been made, behind its name. */
  readonly next?: string
  /** What to say when it has been saved. */
  readonly effect: string
}

export function useEntry<B extends Body>({ api, kind, name, fresh, next, effect }: EntryTerms<B>): Entry<B> {
  const isNew = name === NEW
  const [at, setAt] = useState<Entry<B>['at']>(isNew ? 'here' : 'loading')
  const [read, setRead] = useState<Read<B>>({ about: undefined, body: fresh, etag: undefined })
  const [body, setBody] = useState<B>(fresh)
  const [newName, setNewName] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ProblemBody>()
  const [later, setLater] = useState<Read<B>>()
  const isChanged = changedMembers(read.body, body).length > 0 || newName !== ''
  const now = useRef({ isChanged, isBusy, read })
  now.current = { isChanged, isBusy, read }
  /** Whether something was told while a save was on its way. */
  const isMissed = useRef(false)

  const take = (taken: Read<B>, shown = taken.body) => {
    setRead(taken)
    setBody(shown)
    setLater(undefined)
    setAt('here')
  }
  const load = async () => {
    try {
      const answer = readOf(await api.ask<About & B>('GET', pathOf(kind, name)))
      const { isChanged, isBusy, read } = now.current
      if (isBusy) isMissed.current = true
      if (isBusy || isKnown(answer, read)) return
      if (isChanged && read.etag !== undefined) setLater(answer)
      else take(answer)
    } catch (error) {
      const failed = problemOf(error)
      if (failed.status === 404) setAt('absent')
      else setProblem(failed)
    }
  }
  useEffect(() => {
    if (!isNew) void load()
  }, [])
  useNews((event) => {
    if (!isNew && isAbout(event, kind)) void load()
  })
  // With what is shown, not after it: who has read "Saved." may go at once.
  useLayoutEffect(() => {
    if (isChanged) holdPlace([kind, name])
    else freePlace()
    return freePlace
  }, [isChanged])

  const save = async () => {
    if (isBusy) return
    setBusy(true)
    setProblem(undefined)
    sayNothing()
    try {
      if (isNew) {
        await api.ask('POST', pathOf(kind), { body: { name: newName.trim(), ...body } })
        freePlace()
        const to = [kind, newName.trim(), ...(next === undefined ? [] : [next])]
        say(`Made. ${effect}`, to)
        goTo(...to)
        return
      }
      const saved = readOf(
        await api.ask<About & B>('PUT', pathOf(kind, name), { body, ifMatch: read.etag ?? '"none"' }),
      )
      setRead(saved)
      setLater(undefined)
      // What was typed while it was on its way is not saved, and stays.
      setBody((typed) => (typed === body ? saved.body : typed))
      say(`Saved. ${effect}`)
    } catch (error) {
      const failed = problemOf(error)
      setProblem(failed)
      if (failed.status === 412) setLater(await readAgain())
      if (failed.status === 404) setAt('absent')
    } finally {
      setBusy(false)
    }
    if (isMissed.current) void load()
    isMissed.current = false
  }
  const readAgain = async () =>
    api.ask<About & B>('GET', pathOf(kind, name)).then(readOf, () => undefined) as Promise<Read<B> | undefined>

  const remove = async () => {
    try {
      await api.ask('DELETE', pathOf(kind, name), { ifMatch: read.etag ?? '"none"' })
    } catch (error) {
      const failed = problemOf(error)
      if (failed.status === 412) setLater(await readAgain())
      return failed
    }
    freePlace()
    say(`${name} is removed. ${effect}`, [kind])
    goTo(kind)
    return undefined
  }

  const edit = () => {
    if (problem?.status !== 422) setProblem(undefined)
    sayNothing()
  }
  return {
    at,
    isNew,
    name: isNew ? newName : name,
    setName: (typed) => {
      edit()
      setNewName(typed)
    },
    about: read.about,
    known: read.body,
    body,
    set: (member, value) => {
      edit()
      setBody((before) => {
        const members = new Map(Object.entries(before))
        if (value === undefined) members.delete(member as string)
        else members.set(member as string, value)
        return Object.fromEntries(members) as B
      })
    },
    setBody: (whole) => {
      edit()
      setBody(whole)
    },
    isChanged,
    isBusy,
    problem,
    troubles:
      problem?.problems === undefined ? NO_TROUBLES : troublesOf(problem.problems, kind, isNew ? newName.trim() : name),
    meanwhile: later && { before: read.body, theirs: later.body },
    settle: (wins) => {
      if (later === undefined) return
      setProblem(undefined)
      take(later, bringTogether(read.body, body, later.body, wins).body)
    },
    undo: () => {
      setProblem(undefined)
      setBody(read.body)
      setNewName('')
    },
    save,
    remove,
  }

  function readOf({ value, etag }: Answered<About & B>): Read<B> {
    return { about: value, body: bodyOf<B>(value), etag }
  }
}

/** @returns whether what came is what is shown, or was overtaken by it on its way. */
function isKnown(came: Read<Body>, shown: Read<Body>): boolean {
  if (came.etag === shown.etag) return true
  return came.about?.id === shown.about?.id && (came.about?.revision ?? 0) < (shown.about?.revision ?? 0)
}
