/** What is watched while a wave of struck calls runs: who the server's processes are, what it tells of each call, who was released, and what leaks. */

import { pause } from '../../src/demo/waiting.ts'
import type { Find } from '../../src/leak/memory-search.ts'
import type { LeakWatch } from './leak-watch.ts'
import type { Sotto } from './sotto.ts'
import { processesOf } from './strikes.ts'
import type { StruckCall } from './struck-call.ts'

const PROCESSES_MS = 100
const FOLLOW_MS = 5
const BETWEEN_SEARCHES_MS = 700

export type Roles = {
  /** All processes of the server. */
  everybody(): readonly number[]
  /** Those that may never hold a digit. */
  outsideVault(): readonly number[]
  close(): void
}

/** Keeps a list of the server's processes, which may be replaced at any time. */
export function watchRoles(sotto: Sotto): Roles {
  let now = processesOf(sotto)
  const timer = setInterval(() => {
    now = processesOf(sotto)
  }, PROCESSES_MS)
  return {
    everybody: () => [now.control, ...now.media, ...now.vault],
    outsideVault: () => [now.control, ...now.media],
    close: () => clearInterval(timer),
  }
}

/** Gives each call what is told of it, and notes when its phones are released. @returns what ends that. */
export function follow(sotto: Sotto, calls: readonly StruckCall[], firstEvent: number): () => void {
  const byId = new Map(calls.map((call) => [call.callId, call]))
  let next = firstEvent
  const look = (): void => {
    for (; next < sotto.events.length; next++) {
      const event = sotto.events[next]
      if (event !== undefined) byId.get(String(event['callId']))?.events.push(event)
    }
    for (const { caller, agent, releasedMs } of calls) {
      if (!caller.signalling.inCall) releasedMs.caller ??= performance.now()
      if (!agent.signalling.inCall) releasedMs.agent ??= performance.now()
    }
  }
  look()
  const timer = setInterval(look, FOLLOW_MS)
  return () => clearInterval(timer)
}

export type Searching = { end(): Promise<{ readonly finds: readonly Find[]; readonly searches: number }> }

/** Searches control and media again and again. */
export function searchMeanwhile(leaks: LeakWatch, roles: Roles): Searching {
  const finds: Find[] = []
  let searches = 0
  let over = false
  const done = (async () => {
    while (!over) {
      finds.push(...(await leaks.search(roles.outsideVault())))
      searches += 1
      if (!over) await pause(BETWEEN_SEARCHES_MS)
    }
  })()
  return {
    end: async () => {
      over = true
      await done
      return { finds, searches }
    },
  }
}
