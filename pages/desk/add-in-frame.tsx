/** The frame in which an add-in draws a form: a page without an origin, and so without cookies, storage or a way into this one. */

import { useLayoutEffect, useRef } from 'preact/hooks'
import { attachAddIn, type ChannelTerms } from './add-in-channel.ts'
import type { LoadedAddIn } from './form-check.ts'

type FrameProps = Omit<ChannelTerms, 'parameters'> & {
  /** The server; empty where it is that of the page. */
  readonly base: string
  readonly addIn: LoadedAddIn
  readonly title: string
  readonly px: number | undefined
}

export function AddInFrame({ base, addIn: { name, version, parameters }, title, px, ...terms }: FrameProps) {
  const at = useRef<HTMLIFrameElement>(null)
  // Before the browser has had time to load anything.
  useLayoutEffect(() => (at.current === null ? undefined : attachAddIn(at.current, { ...terms, parameters })), [])
  return (
    <iframe
      ref={at}
      class="add-in"
      sandbox="allow-scripts"
      allow=""
      referrerpolicy="no-referrer"
      title={title}
      height={px}
      src={`${base}/add-ins/${encodeURIComponent(name)}/${encodeURIComponent(version)}/frame`}
    />
  )
}
