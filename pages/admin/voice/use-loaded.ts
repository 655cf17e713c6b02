/** Something of the API that a view shows: loaded when it is shown first, and again when it has changed. */

import { useCallback, useEffect, useState } from 'preact/hooks'
import { type ProblemBody, problemOf } from '../../shared/api.ts'
import { useNewer } from '../../shared/newer.ts'

export type Loaded<T> = {
  readonly value: T | undefined
  readonly problem: ProblemBody | undefined
  readonly reload: () => Promise<void>
}

/** @param key what it depends on; another one loads anew. */
export function useLoaded<T>(load: () => Promise<T>, key: string): Loaded<T> {
  const [state, setState] = useState<{ readonly value?: T; readonly problem?: ProblemBody; readonly key?: string }>({})
  const newer = useNewer()
  const reload = useCallback(async () => {
    const isNewer = newer()
    const next = await load().then(
      (value) => ({ value, key }),
      (error: unknown) => ({ problem: problemOf(error), key }),
    )
    if (isNewer()) setState(next)
  }, [key])
  useEffect(() => void reload(), [reload])
  const isOurs = state.key === key
  return { value: isOurs ? state.value : undefined, problem: isOurs ? state.problem : undefined, reload }
}
