/** What somebody at a page has a made-up caller, the service or the agent do, and what that is to the capture machine. */

import type { CaptureEvent } from '../vault/capture-terms.ts'
import type { Brand, EntryFault, Outcome } from '../vault/contract.ts'
import type { Awaited } from './dry-run-awaits.ts'

export type Act =
  /** An entry: how many keys, how it ends, and why it would be refused. */
  | {
      readonly act: 'enter'
      readonly keys: number
      readonly ends: 'terminator' | 'pause' | 'whole' | 'clear'
      readonly fault?: EntryFault
      readonly brand?: Brand
    }
  /** A key with a meaning, before anything is keyed. */
  | { readonly act: 'clear' | 'escape' | 'more-time' }
  /** What was read back is right, or not. */
  | { readonly act: 'yes' | 'no' }
  /** Whoever is waited for does nothing until the time is over. */
  | { readonly act: 'silence' }
  | { readonly act: 'verdict'; readonly result: Outcome['result'] }
  /** Of the agent's; fields by their place in the flow. */
  | { readonly act: 'again'; readonly fields: readonly number[] }
  | { readonly act: 'again-all' | 'go-on' | 'cancel' }
  | { readonly act: 'hang-up' }

/** @returns the events of an act, or `undefined` when it has no meaning where the session waits. */
export function eventsBefore(awaits: Awaited, act: Act): readonly CaptureEvent[] | undefined {
  if (awaits.at === 'nothing') return undefined
  const sent = awaits.at === 'verdict'
  if (act.act === 'cancel') return sent ? undefined : [{ type: 'stopped', reason: 'cancelled', giveBack: true, sent }]
  if (act.act === 'hang-up') return [{ type: 'stopped', reason: 'caller-hung-up', giveBack: false, sent }]
  switch (awaits.at) {
    case 'entry':
      return ofEntry(awaits, act)
    case 'confirmation':
      return ofConfirmation(act)
    case 'verdict':
      return act.act === 'verdict' ? [{ type: 'answered', outcome: outcomeOf(act.result) }] : undefined
    case 'agent':
      return ofAgent(awaits, act)
  }
}

function ofEntry(awaits: Extract<Awaited, { at: 'entry' }>, act: Act): readonly CaptureEvent[] | undefined {
  const { keys, maxKeys, moreTimes } = awaits
  switch (act.act) {
    case 'enter': {
      if (act.keys > maxKeys || (act.keys === 0 && act.ends === 'whole')) return undefined
      if (act.ends === 'clear' && keys.clear === undefined) return undefined
      const digits = Array.from({ length: act.keys }, (): CaptureEvent => ({ type: 'digit' }))
      return [...digits, ...endOf(act.ends, act.keys)]
    }
    case 'clear':
      return keys.clear === undefined ? undefined : [{ type: 'clear' }]
    case 'escape':
      return keys.escape === undefined ? undefined : [{ type: 'escape' }]
    case 'more-time':
      return keys.moreTime === undefined || moreTimes === 0 ? undefined : [{ type: 'more-time' }]
    case 'silence':
      return [{ type: 'lapsed', timer: 'first-key' }]
    default:
      return undefined
  }
}

function endOf(ends: Extract<Act, { act: 'enter' }>['ends'], keys: number): readonly CaptureEvent[] {
  if (ends === 'pause') return [{ type: 'lapsed', timer: keys === 0 ? 'first-key' : 'inter-key' }]
  return ends === 'whole' ? [] : [{ type: ends }]
}

function ofConfirmation(act: Act): readonly CaptureEvent[] | undefined {
  if (act.act === 'yes') return [{ type: 'terminator' }]
  if (act.act === 'no') return [{ type: 'clear' }]
  return act.act === 'silence' ? [{ type: 'lapsed', timer: 'first-key' }] : undefined
}

function ofAgent({ fields }: Extract<Awaited, { at: 'agent' }>, act: Act): readonly CaptureEvent[] | undefined {
  switch (act.act) {
    case 'again':
      if (act.fields.length === 0 || act.fields.some((field) => !fields.some(({ index }) => index === field)))
        return undefined
      return [{ type: 'ordered', order: { what: 'again', fields: [...act.fields] } }]
    case 'again-all':
    case 'go-on':
      return [{ type: 'ordered', order: { what: act.act } }]
    case 'silence':
      return [{ type: 'lapsed', timer: 'agent' }]
    default:
      return undefined
  }
}

function outcomeOf(result: Outcome['result']): Outcome {
  return result === 'failed' ? { result, reason: 'validation-unreachable' } : { result, details: '' }
}
