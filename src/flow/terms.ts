/**
 * A flow as it is once its file was read and found good: names are resolved, labels are gone, and what the file leaves out is still
 * left out, for the defaults of the configuration to fill in. Types and lists of words.
 */

import type { Brand, EntryFault, FieldKind } from '../vault/contract.ts'

export { BRANDS, ENTRY_FAULTS, FIELD_KINDS } from '../vault/contract.ts'

/** When a clip is played for a field. */
export type PromptMoment = 'ask' | 'enter-again' | 'read-back' | 'confirm' | 'cleared' | 'more-time' | EntryFault

export type FlowPrompt = {
  readonly when: PromptMoment
  readonly clip: string
  readonly attempt: number | undefined
  readonly brand: Brand | undefined
}

/** RFC 4733 codes; undefined where there is no such key. */
export type FlowKeys = {
  readonly end: number
  readonly clear: number | undefined
  readonly escape: number | undefined
  readonly moreTime: number | undefined
}

export type FlowField = {
  readonly name: string
  readonly kind: FieldKind
  readonly minKeys: number
  readonly maxKeys: number
  readonly keys: FlowKeys
  readonly attempts: number | undefined
  readonly firstDigitSeconds: number | undefined
  readonly interDigitSeconds: number | undefined
  readonly moreTimes: number
  readonly validKeys: string
  readonly pattern: string | undefined
  readonly luhn: boolean
  readonly brands: readonly Brand[] | undefined
  readonly country: string | undefined
  readonly scheme: 'us-ssn' | 'nl-bsn' | 'se-personnummer' | undefined
  readonly dateOrder: 'ddmmyyyy' | 'mmddyyyy' | 'yyyymmdd' | undefined
  readonly decimals: number | undefined
  readonly largest: number | undefined
  readonly enterTwice: boolean
  readonly readBack: 'none' | 'last-four' | 'all'
  readonly tell: 'nothing' | 'last-four'
  readonly prompts: readonly FlowPrompt[]
}

export type FlowInsert = { readonly name: string; readonly value: string }

/** A step; fields and goals are indexes, and the goal after the last step is the end. */
export type FlowStep =
  | { readonly do: 'say'; readonly clips: readonly string[]; readonly bargeIn: boolean }
  | { readonly do: 'collect'; readonly field: number }
  | { readonly do: 'insert'; readonly inserts: readonly FlowInsert[] }
  | { readonly do: 'insert-form' }
  | { readonly do: 'validate' }
  | { readonly do: 'branch'; readonly accepted: number; readonly declined: number; readonly failed: number }
  | {
      readonly do: 'repeat'
      readonly fields: readonly number[]
      readonly from: number
      readonly times: number
      readonly otherwise: number
    }
  | { readonly do: 'ask-agent'; readonly seconds: number }
  | { readonly do: 'go'; readonly to: number }
  | { readonly do: 'end' }

export type Flow = {
  readonly id: string
  readonly title: string
  /** Best first; undefined: that of the configuration. */
  readonly languages: readonly string[] | undefined
  readonly sessionSeconds: number | undefined
  readonly fields: readonly FlowField[]
  readonly steps: readonly FlowStep[]
}
