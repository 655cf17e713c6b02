/** Small pieces of every page: a field with its label, a problem, a dialog. */

import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import type { ProblemBody } from './api.ts'
import { shared } from './shared-words.ts'

type FieldProps = {
  readonly label: string
  readonly hint?: string | undefined
  /** Why what stands in it cannot be taken. */
  readonly wrong?: string | undefined
  /** Gives what the control needs to be labelled: `id`, `aria-describedby`, `aria-invalid`. */
  readonly children: (attributes: {
    readonly id: string
    readonly 'aria-describedby': string | undefined
    readonly 'aria-invalid': boolean | undefined
  }) => ComponentChildren
}

export function Field({ label, hint, wrong, children }: FieldProps) {
  const id = useId()
  const described = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(' ')
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        'aria-describedby': described === '' ? undefined : described,
        'aria-invalid': wrong === undefined ? undefined : true,
      })}
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {wrong && (
        <span class="wrong" id={`${id}-wrong`}>
          {wrong}
        </span>
      )}
    </div>
  )
}

/** What was refused and what to do; read out at once. */
export function ProblemNotice({ problem }: { readonly problem: ProblemBody | undefined }) {
  return (
    <div role="alert">
      {problem && (
        <div class="notice bad">
          <p>
            <strong>{problem.title}</strong>
          </p>
          <p>{problem.detail}</p>
          {problem.problems && (
            <ul>
              {problem.problems.map(({ key, says, advice }) => (
                <li key={`${key} ${says}`}>
                  {key && <code>{key}</code>} {says} {advice}
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
    </div>
  )
}

type DialogProps = { readonly title: string; readonly onClose: () => void; readonly children: ComponentChildren }

/** Modal; Escape closes it, and the focus goes back to where it was. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const at = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const before = document.activeElement
    at.current?.showModal()
    return () => before instanceof HTMLElement && before.focus()
  }, [])
  return (
    <dialog ref={at} aria-labelledby={id} onClose={onClose}>
      <div class="row">
        <h2 id={id}>{title}</h2>
        <button type="button" class="plain end" onClick={() => at.current?.close()}>
          {shared.value.close}
        </button>
      </div>
      {children}
    </dialog>
  )
}
