/** Asks before something is done that cannot be taken back. */

import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { type ProblemBody, problemOf } from '../shared/api.ts'
import { Dialog, ProblemNotice } from '../shared/pieces.tsx'
import { shared } from '../shared/shared-words.ts'

type ConfirmProps = {
  readonly title: string
  /** What the button says. */
  readonly does: string
  readonly children: ComponentChildren
  /** @throws Problem, which is shown */
  readonly onYes: () => Promise<void>
  readonly onClose: () => void
}

export function Confirm({ title, does, children, onYes, onClose }: ConfirmProps) {
  const [problem, setProblem] = useState<ProblemBody>()
  const [isBusy, setBusy] = useState(false)
  const act = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      await onYes()
      onClose()
    } catch (error) {
      setProblem(problemOf(error))
      setBusy(false)
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <ProblemNotice problem={problem} />
      {children}
      <div class="row">
        <button type="button" onClick={onClose}>
          {shared.value.cancel}
        </button>
        <button type="button" class="danger" disabled={isBusy} onClick={() => void act()}>
          {does}
        </button>
      </div>
    </Dialog>
  )
}
