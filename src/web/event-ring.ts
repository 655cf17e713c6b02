/**
 * What happens, kept for a while for who lost his connection: events with ids, written once for however many readers. An id names this run of the server, so that one of another
 * run is known to be gone.
 */

import { writeJson } from './json.ts'

/** What a source tells; members beside these are the reader's business. */
export type ToldEvent = {
  readonly type: string
  readonly callId?: string
  /** Account of the phone that it is about. */
  readonly account?: string
  readonly agent?: string
  readonly by?: string
}

export type Told = {
  readonly number: number
  readonly type: string
  /** Accounts of the phones that it is about; undefined for what is about no call. */
  readonly accounts: readonly (string | undefined)[] | undefined
  /** As server-sent events have it (WHATWG HTML, section 9.2). */
  readonly text: string
}

type Source = (listener: (event: ToldEvent) => void) => () => void

export type EventRing = {
  /** @returns what came after an id; undefined when that is not known any more. Nothing without an id. */
  after(id: string | undefined): readonly Told[] | undefined
  /** The same, by the number of an event of this run. */
  since(number: number): readonly Told[] | undefined
  /** The text for who has missed something: he reads the present state, and goes on from here. */
  reset(): string
  subscribe(listener: (told: Told) => void): () => void
  close(): void
}

const KEPT_EVENTS = 5000

/** @param boot names this run. @param accountsIn who is in a call just now. */
export function createEventRing(
  boot: string,
  sources: readonly Source[],
  accountsIn: (callId: string) => readonly (string | undefined)[],
  kept = KEPT_EVENTS,
): EventRing {
  const ring: Told[] = []
  const listeners = new Set<(told: Told) => void>()
  let last = 0
  const idOf = (number: number) => `${boot}.${number}`
  const take = (event: ToldEvent) => {
    last += 1
    const { type, callId, account, agent, by } = event
    const ofPhone = account === undefined ? undefined : [account]
    const number = last
    let text: string | undefined
    const told: Told = {
      number,
      type,
      accounts: callId === undefined ? ofPhone : [...accountsIn(callId), agent, by],
      // Written for the first who reads it: most events of a server without desks are read by nobody.
      get text() {
        text ??= `id: ${idOf(number)}\nevent: ${type}\ndata: ${writeJson(event)}\n\n`
        return text
      },
    }
    ring.push(told)
    if (ring.length > kept) ring.shift()
    for (const listener of [...listeners]) listener(told)
  }
  const ends = sources.map((subscribe) => subscribe(take))
  const since = (number: number) => {
    const oldest = ring[0]?.number ?? last + 1
    return number > last || number < oldest - 1 ? undefined : ring.slice(number - oldest + 1)
  }
  return {
    after(id) {
      if (id === undefined) return []
      const [, of, text] = /^([\w-]{1,64})\.(\d{1,15})$/.exec(id) ?? []
      return of === boot ? since(Number(text)) : undefined
    },
    since,
    reset: () => `id: ${idOf(last)}\nevent: reset\ndata: {"type":"reset"}\n\n`,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: () => {
      for (const end of ends) end()
    },
  }
}
