/** What the server tells while the administration is open: one stream for all sections. */

import { effect, type ReadonlySignal, signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Api } from '../shared/api.ts'
import { listen, type ServerEvent } from '../shared/events.ts'

const told = signal<ServerEvent | undefined>(undefined)
const onLine = signal(true)

/** False while the stream is broken: what is shown may be old. */
export const isOnLine: ReadonlySignal<boolean> = onLine

/** Begins to listen. */
export function openLive(api: Api): void {
  listen(api, {
    onEvent: (event) => {
      told.value = event
    },
    onReset: () => {
      told.value = { type: 'reset' }
    },
    onLine: (isOn) => {
      onLine.value = isOn
    },
  })
}

/** Calls with every event that comes while the component is shown. `reset` says that something may have been missed. */
export function useNews(onNews: (event: ServerEvent) => void): void {
  const newest = useRef(onNews)
  newest.current = onNews
  useEffect(() => {
    let isFirst = true
    return effect(() => {
      const event = told.value
      // What was told before is known already.
      if (!isFirst && event !== undefined) newest.current(event)
      isFirst = false
    })
  }, [])
}

/** @returns whether entries of a kind may have changed. */
export function isAbout(event: ServerEvent, kind: string): boolean {
  if (event.type === 'reset') return true
  const { kinds } = event
  // Another server that shares the store tells no kinds.
  return event.type === 'directory.changed' && (!Array.isArray(kinds) || kinds.length === 0 || kinds.includes(kind))
}
