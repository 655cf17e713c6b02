/** Of answers that overtake each other on their way, what is shown never becomes older. */

import { useState } from 'preact/hooks'

/** @returns to be called with each question; what it gives is called with the answer, and says whether no answer to a later question has been shown. */
export function useNewer(): () => () => boolean {
  const [newer] = useState(makeNewer)
  return newer
}

export function makeNewer(): () => () => boolean {
  let asked = 0
  let shown = 0
  return () => {
    const turn = ++asked
    return () => {
      if (turn < shown) return false
      shown = turn
      return true
    }
  }
}
