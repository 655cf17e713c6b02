/** What is said between the thread of signalling and those that touch the disk. Types only. */

import type { FaultCode } from '../base/faults.ts'
import type { Milliseconds } from '../base/units.ts'
import type { CountQuery, Stretch } from './counting.ts'
import type { HistoryPage, HistoryQuery } from './query.ts'
import type { CallRow } from './row.ts'

/** What a thread is made with. */
export type ThreadTerms = { readonly file: string; readonly boot: string }

export type HistoryOrder =
  | { readonly do: 'write'; readonly rows: readonly CallRow[] }
  | { readonly do: 'forget'; readonly beforeMs: Milliseconds }
  | { readonly do: 'page'; readonly query: HistoryQuery }
  | { readonly do: 'count'; readonly query: CountQuery }
  | { readonly do: 'close' }

/** What each order gives. */
export type Given<O extends HistoryOrder> = O extends { readonly do: 'page' }
  ? HistoryPage
  : O extends { readonly do: 'count' }
    ? readonly Stretch[]
    : O extends { readonly do: 'forget' }
      ? boolean
      : undefined

export type HistoryAnswer =
  | { readonly gave: Given<HistoryOrder>; readonly fault: undefined }
  | { readonly gave: undefined; readonly fault: FaultCode }
