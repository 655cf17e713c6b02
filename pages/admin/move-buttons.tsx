/** Moves a member of a list up or down; the focus goes along with it, and stays on a button that can be used. */

import type { RefObject } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

type Way = 'up' | 'down'

type MoveProps = {
  /** What is moved, for who does not see where the buttons are. */
  readonly what: string
  readonly at: number
  readonly count: number
  readonly onMove: (to: number, way: Way) => void
}

export function MoveButtons({ what, at, count, onMove }: MoveProps) {
  return (
    <>
      <button
        type="button"
        data-way="up"
        disabled={at === 0}
        aria-label={`Move ${what} up`}
        onClick={() => onMove(at - 1, 'up')}
      >
        ↑
      </button>
      <button
        type="button"
        data-way="down"
        disabled={at === count - 1}
        aria-label={`Move ${what} down`}
        onClick={() => onMove(at + 1, 'down')}
      >
        ↓
      </button>
    </>
  )
}

/** @param list whose children are the members. @returns told where one goes, so that the focus follows when it is there. */
export function useFollow(list: RefObject<HTMLElement | null>): (to: number, way: Way) => void {
  const wanted = useRef<{ readonly to: number; readonly way: Way } | undefined>(undefined)
  useLayoutEffect(() => {
    if (wanted.current === undefined) return
    const { to, way } = wanted.current
    wanted.current = undefined
    const buttons = [...(list.current?.children[to]?.querySelectorAll<HTMLButtonElement>('[data-way]') ?? [])]
    const usable = buttons.filter(({ disabled }) => !disabled)
    const meant = usable.find(({ dataset }) => dataset['way'] === way) ?? usable[0]
    meant?.focus()
  })
  return (to, way) => {
    wanted.current = { to, way }
  }
}
