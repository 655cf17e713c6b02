/** Names of a kind, to be offered where one of them is meant. */

import { useEffect, useState } from 'preact/hooks'
import type { Api } from '../shared/api.ts'
import { everyEntry, type Kind } from './entries/entries.ts'

/** @returns none until they are there, or where they cannot be read: any name can be typed all the same. */
export function useNames(api: Api, kind: Kind): readonly string[] {
  const [names, setNames] = useState<readonly string[]>([])
  useEffect(() => {
    everyEntry<object>(api, kind).then(
      (entries) => setNames(entries.map(({ name }) => name)),
      () => undefined,
    )
  }, [])
  return names
}
