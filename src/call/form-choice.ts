/**
 * Which form a secure session is begun with, what its agent may choose from, and what of the form goes along. Pure: the directory is asked as it is
 * at the moment.
 */

import { fault } from '../base/fault.ts'
import { askGates, fillForm, languageOf, type Picture, wordsIn } from '../directory/index.ts'
import type { AgentField } from './agent-fields.ts'
import { checkAgentFields } from './agent-fields.ts'
import type { GateFault } from './gates.ts'

export type FormQuestion = {
  readonly enabled: boolean
  /** Account of the agent's phone. */
  readonly account: string | undefined
  /** Form that was asked for; undefined for the only one there is. */
  readonly form: string | undefined
  /** Flow that was asked for beside it. */
  readonly flow: string | undefined
}

export type ChosenForm = { readonly name: string; readonly revision: number; readonly title: string }

export type FormChoice = {
  /** Gates that the directory keeps closed. */
  readonly closed: readonly GateFault[]
  /** Several could be meant. */
  readonly undecided: boolean
  readonly form: ChosenForm | undefined
  /** Flow of the form. */
  readonly flow: string | undefined
  /** Of the agent's workgroup, for the prompts. */
  readonly language: string | undefined
  /**
   * What is sent along of what the agent filled in.
   * @throws Fault `secure.card-number-in-form`, `secure.bad-form`, `secure.form-not-filled`, `secure.unknown-form-field`, `secure.twice-in-form`
   */
  readonly fill: (filled: readonly AgentField[], callId: string) => readonly AgentField[]
}

/** @returns the form of a session, as far as it is decided. */
export function chooseForm(picture: Picture, { enabled, account, form, flow }: FormQuestion): FormChoice {
  const { gates, forms, user } = askGates(picture, { enabled, account, form })
  const chosen = form === undefined && forms.length === 1 ? forms[0] : forms.find(({ name }) => name === form)
  const closed = gates.flatMap(({ gate, closedBy }) => (gate === 'feature' ? [] : (closedBy ?? [])))
  // A form says which flow it is for: another one would get round it.
  const isBypassed = picture.inCharge && flow !== undefined && flow !== chosen?.body.flow
  return {
    closed: [...new Set<GateFault>([...closed, ...(isBypassed ? (['secure.flow-by-form'] as const) : [])])],
    undecided: picture.inCharge && chosen === undefined,
    form: chosen && { name: chosen.name, revision: chosen.revision, title: wordsIn(chosen.body.title, []) },
    flow: chosen?.body.flow,
    language: user && languageOf(picture, user, chosen?.name),
    fill(filled, callId) {
      // A card number is refused before anything else is said of it.
      checked(filled, callId)
      if (chosen === undefined) return filled
      const fill = fillForm(chosen.body, filled)
      if ('refused' in fill) throw fault(fill.refused, { callId, field: fill.field })
      return checked(fill.fields, callId)
    },
  }
}

function checked(fields: readonly AgentField[], callId: string): readonly AgentField[] {
  const refusal = checkAgentFields(fields)
  if (refusal !== undefined) throw fault(refusal.fault, { callId, field: refusal.field })
  return fields
}
