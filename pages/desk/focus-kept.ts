/** Where the focus goes when what had it has gone. */

import { useEffect, useRef } from 'preact/hooks'

/** A button that has to be pressed next, or what is new, or whom the call is with. */
const FOCUS_ORDER = ['[data-first]', 'h3[tabindex]', 'h2'] as const

/** Whoever works by keyboard is not thrown back to the top of the page when the button that he pressed has gone. */
export function useFocusKept(at: { readonly current: HTMLElement | null }, face: string): void {
  const isFirst = useRef(true)
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false
      return
    }
    const root = at.current?.getRootNode()
    const isElsewhere = document.activeElement !== document.body && document.activeElement !== null
    const isHere = root instanceof ShadowRoot && root.host === document.activeElement
    if (isElsewhere && !(isHere && root.activeElement === null)) return
    const places = FOCUS_ORDER.map((place) => at.current?.querySelector<HTMLElement>(place))
    places.find((place) => place instanceof HTMLElement)?.focus()
  }, [face])
}
