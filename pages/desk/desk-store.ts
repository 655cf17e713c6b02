/**
 * The desk at work: asks the server, listens to it, and carries out what the agent wants. What is shown is decided in `desk-state.ts`.
 *
 * One reading is underway at a time; what happens meanwhile has one more follow, so that the last reading is younger than the last event.
 */

import { effect, type Signal, signal, untracked } from '@preact/signals'
import type { Texts } from '../shared/add-in-messages.ts'
import { type Api, type ProblemBody, problemOf } from '../shared/api.ts'
import { listen, type ServerEvent } from '../shared/events.ts'
import { makeNewer } from '../shared/newer.ts'
import type { Me } from '../shared/session.ts'
import type { AddInAnswer } from './add-in-channel.ts'
import { changesBetween, type DeskChange } from './desk-changes.ts'
import {
  afterEndRead,
  afterEvent,
  afterRead,
  type Call,
  choose,
  closeOutcome,
  type Desk,
  type Face,
  faceOf,
  NO_DESK,
} from './desk-state.ts'
import type { Filled, Form } from './form-check.ts'
import { type Gates, isEveryOpen, readGates } from './gates.ts'
import { keepClosed, keptClosed } from './kept-closed.ts'
import { createDraftKeeper } from './kept-drafts.ts'
import { accountOf, type Phone, readPhone } from './phone.ts'

/** A form that is being filled in; without one, it is being chosen. */
export type Draft = { readonly form: Form | undefined; readonly filled: Filled; readonly retryOf: string | undefined }

export type DeskStore = {
  readonly desk: Signal<Desk>
  readonly phone: Signal<Phone | undefined>
  readonly isOnLine: Signal<boolean>
  /** By call; undefined until they were asked for. */
  readonly gates: Signal<ReadonlyMap<string, Gates>>
  /** Forms that are being filled in, by call. */
  readonly drafts: Signal<ReadonlyMap<string, Draft>>
  /** What the server refused last. */
  readonly problem: Signal<ProblemBody | undefined>
  /** The page's clock, ms: it moves while something is counted. */
  readonly nowMs: Signal<number>
  choose(callId: string): void
  /** @param draft undefined leaves it. */
  draft(callId: string, draft: Draft | undefined): void
  /** The form has gone to the server: it is kept for another try. */
  sent(callId: string): void
  /** What went with the last session of a call. */
  readonly lastFilled: ReadonlyMap<string, Filled>
  /** What cannot be had is said. */
  askGates(callId: string): Promise<void>
  /** The server; empty where it is that of the page. */
  readonly base: string
  /** What an add-in asks for, of the form that it draws (PC-88). @throws Problem */
  lookUp(callId: string, form: string, name: string, values: Texts): Promise<AddInAnswer>
  start(callId: string, body: object): Promise<ProblemBody | undefined>
  order(callId: string, sessionId: string, order: object): Promise<void>
  cancel(callId: string, sessionId: string): Promise<void>
  closeOutcome(sessionId: string): void
  close(): void
}

export type StoreOptions = {
  readonly api: Api
  readonly me: Me
  /** Of a signal: forms are asked for anew when it changes. */
  readonly language: () => string
  /** Told what happened, in order. */
  readonly onChange: (change: DeskChange) => void
}

const SECOND_MS = 1000
const CLOSED_MS = 5000
const MAY_BEGIN: readonly Face['at'][] = ['talking', 'outcome']

export function createDeskStore({ api, me, language, onChange }: StoreOptions): DeskStore {
  const desk = signal<Desk>({ ...NO_DESK, closed: keptClosed() })
  const phone = signal<Phone>()
  const isOnLine = signal(true)
  const gates = signal<ReadonlyMap<string, Gates & { readonly turn: number }>>(new Map())
  const drafts = signal<ReadonlyMap<string, Draft>>(new Map())
  const lastFilled = new Map<string, Filled>()
  const problem = signal<ProblemBody>()
  const nowMs = signal(performance.now())
  const ended = new AbortController()
  const keeper = createDraftKeeper(api, ended.signal)
  /** Calls of which it has been looked for what was filled in before. */
  const restored = new Set<string>()
  const newerPhone = makeNewer()
  let gateTurns = 0
  let isReading = false
  let isStale = false

  const become = (next: Desk) => {
    const before = desk.value
    desk.value = next
    for (const change of changesBetween(before, next)) onChange(change)
  }
  const readOnce = async () => {
    const read = await api.get<{ calls: Call[]; nowMs: number }>('/api/v1/calls', ended.signal)
    nowMs.value = performance.now()
    const before = desk.value
    become(afterRead(before, read, nowMs.value))
    keeper.keepOnly(new Set(read.calls.map(({ callId }) => callId)))
    for (const { callId, endedAtMs } of desk.value.calls) {
      const was = before.calls.find((call) => call.callId === callId)
      if (endedAtMs === undefined || was?.endedAtMs !== undefined) continue
      const call = await api.get<Call>(`/api/v1/calls/${callId}`, ended.signal)
      become(afterEndRead(desk.value, call))
    }
    await askOpenGates()
  }
  const read = async () => {
    isStale = true
    if (isReading) return
    isReading = true
    try {
      while (isStale && !ended.signal.aborted) {
        isStale = false
        await readOnce()
      }
    } catch (error) {
      // The stream says when the server is back; then it is read anew.
      if (!ended.signal.aborted) problem.value = shownOf(error, problem.value)
    } finally {
      isReading = false
    }
  }
  const askGates = async (callId: string) => {
    const turn = ++gateTurns
    const asked = await readGates(api, callId, language(), ended.signal)
    // What was overtaken on its way is of another language, perhaps, or from before something was opened.
    if (turn < (gates.value.get(callId)?.turn ?? 0)) return
    gates.value = new Map(gates.value).set(callId, { ...asked, turn })
    await restore(callId, asked)
  }
  /** What was filled in before a reload is there again, unless somebody has begun anew. */
  const restore = async (callId: string, { forms }: Gates) => {
    if (restored.has(callId)) return
    restored.add(callId)
    const { draft, last } = (await keeper.read(callId)) ?? {}
    if (last !== undefined && !lastFilled.has(callId)) lastFilled.set(callId, last)
    if (draft === undefined || drafts.value.has(callId)) return
    const form = forms.find(({ name }) => name === draft.form)
    if (form !== undefined || draft.form === undefined)
      setDraft(callId, { form, filled: draft.filled, retryOf: draft.retryOf })
  }
  const keep = (callId: string) => {
    const draft = drafts.value.get(callId)
    const last = lastFilled.get(callId)
    keeper.keep(callId, {
      ...(draft === undefined ? {} : { draft: { ...draft, form: draft.form?.name } }),
      ...(last === undefined ? {} : { last }),
    })
  }
  /** Of the call that is worked at, when a session could begin in it. */
  const askOpenGates = async () => {
    const call = desk.value.calls.find(({ callId }) => callId === desk.value.chosen)
    const stand = new Set(desk.value.calls.map(({ callId }) => callId))
    gates.value = new Map([...gates.value].filter(([callId]) => stand.has(callId)))
    if (call === undefined || call.endedAtMs !== undefined) return
    if (MAY_BEGIN.includes(faceOf(call, desk.value).at)) await askGates(call.callId).catch(() => undefined)
  }
  const readMyPhone = async () => {
    const isNewer = newerPhone()
    const read = await readPhone(api, me, ended.signal)
    if (!isNewer()) return
    phone.value = read
    const account = phone.value?.account ?? accountOf(me)
    if (desk.value.account !== account) desk.value = { ...desk.value, account }
  }
  const setDraft = (callId: string, draft: Draft | undefined) => {
    const next = new Map(drafts.value)
    if (draft === undefined) next.delete(callId)
    else next.set(callId, draft)
    drafts.value = next
    keep(callId)
  }
  const tried = async (doing: () => Promise<unknown>): Promise<ProblemBody | undefined> => {
    try {
      await doing()
      problem.value = undefined
      return undefined
    } catch (error) {
      problem.value = problemOf(error)
      return problem.value
    } finally {
      void read()
    }
  }
  const onEvent = (event: ServerEvent) => {
    if (event.type === 'phone.changed' || event.type === 'sip.registered') void readMyPhone()
    if (event.type === 'directory.changed') void askOpenGates()
    const { desk: next, mustRead } = afterEvent(desk.value, event)
    if (next !== desk.value) become(next)
    // A reading that is underway may be older than what has just been applied.
    if (mustRead || isReading) void read()
  }

  const unlisten = listen(api, {
    onEvent,
    onReset: () => void readMyPhone().then(read, read),
    onLine: (isOn) => {
      isOnLine.value = isOn
      if (isOn && problem.value?.code === 'page.unreachable') problem.value = undefined
      if (isOn) void read()
    },
  })
  /** Nobody tells when a vault is there again, or who let go of a call: while the way is closed, it is asked. */
  const askClosed = () => {
    const shown = gates.value.get(desk.value.chosen ?? '')
    if (shown !== undefined && !isEveryOpen(shown)) void askOpenGates()
  }
  const beats = [
    setInterval(() => {
      if (desk.value.calls.length > 0) nowMs.value = performance.now()
    }, SECOND_MS),
    setInterval(askClosed, CLOSED_MS),
  ]

  // Forms are told in the language that was asked for.
  const unwatch = effect(() => {
    language()
    untracked(() => void askOpenGates())
  })

  const sessions = (callId: string) => `/api/v1/calls/${encodeURIComponent(callId)}/secure-sessions`
  return {
    ...{ desk, phone, isOnLine, gates, drafts, lastFilled, problem, nowMs, base: api.base },
    askGates: (callId) =>
      askGates(callId).catch((error: unknown) => {
        problem.value = shownOf(error, problem.value)
      }),
    async lookUp(callId, form, name, values) {
      const path = `/api/v1/calls/${[callId, 'forms', form, 'lookups', name].map(encodeURIComponent).join('/')}`
      return (await api.ask<{ answer: AddInAnswer }>('POST', path, { body: { values } })).value.answer
    },
    choose(callId) {
      become(choose(desk.value, callId))
      problem.value = undefined
      void askOpenGates()
    },
    draft(callId, draft) {
      setDraft(callId, draft)
      problem.value = undefined
    },
    sent(callId) {
      const filled = drafts.value.get(callId)?.filled
      if (filled !== undefined) lastFilled.set(callId, filled)
      setDraft(callId, undefined)
    },
    start: (callId, body) =>
      tried(() => api.ask('POST', sessions(callId), { body, idempotencyKey: crypto.randomUUID() })),
    order: async (callId, sessionId, order) => {
      await tried(() => api.ask('POST', `${sessions(callId)}/${sessionId}/orders`, { body: order }))
    },
    cancel: async (callId, sessionId) => {
      await tried(() => api.ask('DELETE', `${sessions(callId)}/${sessionId}`))
    },
    closeOutcome(sessionId) {
      become(closeOutcome(desk.value, sessionId))
      keepClosed(desk.value.closed)
      problem.value = undefined
      void askOpenGates()
    },
    close() {
      for (const beat of beats) clearInterval(beat)
      unlisten()
      unwatch()
      ended.abort()
    },
  }
}

/** The frame says already that the server is not there. */
function shownOf(error: unknown, before: ProblemBody | undefined): ProblemBody | undefined {
  const problem = problemOf(error)
  return problem.code === 'page.unreachable' ? before : problem
}
