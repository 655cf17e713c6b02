/**
 * What the agent may order in a running secure session: a field again, all of them again, go on (PC-62). Decided by the session's record alone; the
 * vault decides once more by what it does at that moment, and an order that comes too late has no effect there.
 */

import type { FaultCode } from '../base/faults.ts'
import type { Order } from '../vault/contract.ts'
import { forgetting, type SecureRecord } from './secure-record.ts'

/** Fields by their names in the flow. */
export type SecureOrder =
  | { readonly order: 'again'; readonly fields: readonly string[] }
  | { readonly order: 'again-all' }
  | { readonly order: 'go-on' }

export type OrderFault = Extract<FaultCode, 'secure.session-over' | 'secure.unknown-field' | 'secure.not-now'>

/** Stages after which there is nobody to ask again. */
const OVER: readonly SecureRecord['stage'][] = ['stopping', 'returning', 'rejoining', 'ended']
const WITH_CALLER: readonly SecureRecord['stage'][] = ['asking', 'confirming']

/** @returns the order for the vault, or why there is none. */
export function orderFor(record: SecureRecord, wanted: SecureOrder): Order | OrderFault {
  const { stage, fields } = record
  if (OVER.includes(stage)) return 'secure.session-over'
  const waiting = stage === 'waiting-for-agent'
  if (wanted.order === 'go-on') return waiting ? { what: 'go-on' } : 'secure.not-now'
  const named = wanted.order === 'again' ? [...new Set(wanted.fields)] : []
  const numbers = named.map((name) => fields.findIndex((field) => field.name === name))
  if (numbers.includes(-1)) return 'secure.unknown-field'
  if (!waiting && !WITH_CALLER.includes(stage)) return 'secure.not-now'
  if (wanted.order === 'again-all') return { what: 'again-all' }
  return numbers.some((number) => fields[number]?.status === 'to-come')
    ? 'secure.not-now'
    : { what: 'again', fields: numbers }
}

/** @returns which fields are meant, by number, and the record's fields once they are forgotten. */
export function ordered(
  order: Order,
  { fields }: SecureRecord,
): Pick<SecureRecord, 'fields'> & { readonly named: number[] } {
  const named = order.what === 'again' ? [...order.fields] : order.what === 'again-all' ? [...fields.keys()] : []
  const names = named.map((at) => fields[at]?.name)
  return { named, fields: forgetting(fields, ({ name }) => names.includes(name)) }
}
