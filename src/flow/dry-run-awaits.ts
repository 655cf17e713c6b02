/** What a dry run waits for: keys, a yes, the verdict of the service, an order of the agent, or nothing more. */

import type { CapturePlan, CaptureState } from '../vault/capture-terms.ts'
import { FAULTS_OF } from '../vault/clips.ts'
import type { Brand, EntryFault, Field, FieldKind } from '../vault/contract.ts'

export type Awaited =
  | {
      readonly at: 'entry'
      readonly field: string
      readonly kind: FieldKind
      readonly minKeys: number
      readonly maxKeys: number
      /** It is keyed once more, to be compared. */
      readonly second: boolean
      readonly seconds: number
      /** RFC 4733 codes of keys with a meaning. */
      readonly keys: Field['keys']
      readonly moreTimes: number
      readonly validKeys: string
      /** Card brands that are taken. */
      readonly brands: readonly Brand[]
      /** Why an entry may be refused. */
      readonly faults: readonly EntryFault[]
    }
  | { readonly at: 'confirmation'; readonly field: string; readonly seconds: number }
  | { readonly at: 'verdict' }
  /** Fields that the agent may have keyed again, by their place in the flow. */
  | { readonly at: 'agent'; readonly fields: readonly { readonly index: number; readonly name: string }[] }
  | { readonly at: 'nothing' }

export function awaitedAt(plan: CapturePlan, state: CaptureState): Awaited {
  switch (state.at) {
    case 'listening': {
      const field = plan.fields[state.field]
      if (field === undefined) return { at: 'nothing' }
      const { name, kind, minKeys, maxKeys, keys, moreTimes, validKeys, allowedBrands: brands } = field
      const faults: readonly EntryFault[] = state.second
        ? ['input-matching-failed']
        : ['too-short', 'too-long', ...FAULTS_OF[kind]]
      return {
        ...{ at: 'entry', field: name, kind, minKeys, maxKeys, second: state.second, keys, validKeys, brands, faults },
        ...{ moreTimes: moreTimes - state.extended, seconds: field.firstDigitMs / 1000 },
      }
    }
    case 'confirming': {
      const field = plan.fields[state.field]
      return { at: 'confirmation', field: field?.name ?? '', seconds: (field?.firstDigitMs ?? 0) / 1000 }
    }
    case 'submitting':
      return { at: 'verdict' }
    case 'waiting':
      return { at: 'agent', fields: state.run.asked.map((index) => ({ index, name: plan.fields[index]?.name ?? '' })) }
    default:
      return { at: 'nothing' }
  }
}
