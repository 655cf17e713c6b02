/** Says to a screen reader how a session goes on; `spoken.ts` has what and when. */

import { useEffect, useState } from 'preact/hooks'
import type { Session } from './desk-state.ts'
import { desk as deskWords } from './desk-words.ts'
import { keysSpoken, PAUSE_MS, stageSpoken, timeSpoken } from './spoken.ts'

export function Announcer({ session, leftMs }: { readonly session: Session; readonly leftMs: number }) {
  const words = deskWords.value
  const [keys, setKeys] = useState('')
  const spoken = keysSpoken(words, session)
  useEffect(() => {
    if (spoken === '') {
      setKeys('')
      return undefined
    }
    const timer = setTimeout(() => setKeys(spoken), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [spoken])
  return (
    <div class="hidden-text">
      <p role="status">{stageSpoken(words, session)}</p>
      <p role="status">{keys}</p>
      <p role="status">{timeSpoken(words, leftMs)}</p>
    </div>
  )
}
