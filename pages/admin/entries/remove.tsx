/** Removing an entry: asked first, with what refers to it. */

import { useEffect, useState } from 'preact/hooks'
import { type Api, type ProblemBody, problemOf } from '../../shared/api.ts'
import { Dialog, ProblemNotice } from '../../shared/pieces.tsx'
import { addressOf } from '../../shared/place.ts'
import { shared } from '../../shared/shared-words.ts'
import type { Kind } from './entries.ts'

/** Another entry that names this one. */
export type Reference = { readonly kind: Kind; readonly name: string; readonly says: string }

type RemoveProps = {
  readonly api: Api
  readonly noun: string
  readonly name: string
  readonly findReferences: (api: Api, name: string) => Promise<readonly Reference[]>
  /** What else happens. */
  readonly warning: string
  readonly onRemove: () => Promise<ProblemBody | undefined>
  readonly onClose: () => void
}

export function RemoveDialog({ api, noun, name, findReferences, warning, onRemove, onClose }: RemoveProps) {
  const [references, setReferences] = useState<readonly Reference[]>()
  const [problem, setProblem] = useState<ProblemBody>()
  const [isBusy, setBusy] = useState(false)
  useEffect(() => {
    findReferences(api, name).then(setReferences, (error: unknown) => setProblem(problemOf(error)))
  }, [])
  const remove = async () => {
    setBusy(true)
    setProblem(await onRemove())
    setBusy(false)
  }
  const isReferred = references !== undefined && references.length > 0
  return (
    <Dialog title={`Remove the ${noun} ${name}?`} onClose={onClose}>
      <div class="stack">
        <ProblemNotice problem={problem} />
        {references === undefined && problem === undefined && <p role="status">{shared.value.loading}</p>}
        {isReferred && (
          <>
            <p>It cannot be removed yet, since others refer to it. Change these first:</p>
            <ul>
              {references.map((reference) => (
                <li key={`${reference.kind} ${reference.name} ${reference.says}`}>
                  <a href={addressOf(reference.kind, reference.name)}>{reference.name}</a>: {reference.says}
                </li>
              ))}
            </ul>
          </>
        )}
        {references?.length === 0 && (
          <>
            <p>Nothing refers to it. {warning}</p>
            <div class="row">
              <button type="button" class="danger" disabled={isBusy} onClick={() => void remove()}>
                Remove
              </button>
            </div>
          </>
        )}
      </div>
    </Dialog>
  )
}
