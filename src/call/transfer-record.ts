/** What is kept and told of the transfers of a call. Accounts of phones, and no numbers. */

import { faults } from '../base/faults.ts'
import type { SipReason } from '../sip/session.ts'
import type { CallWorld } from './call-world.ts'
import { reasonFor } from './refusal.ts'
import type { TransferFault } from './transfer-rules.ts'

export type TransferRecord = {
  readonly atMs: number
  /** When it was over; undefined as long as it is not. */
  endedAtMs: number | undefined
  /** `replaced`: another phone of the account has taken it over. */
  readonly kind: 'blind' | 'attended' | 'replaced'
  /** Account of the phone that asked; empty when it has none. */
  readonly by: string
  /** Account of who took over, empty for somebody who is no phone of ours; undefined as long as nobody has. */
  to: string | undefined
  outcome: 'pending' | 'transferred' | 'failed' | 'refused'
  /** What it was refused with, or what came of the target. */
  status: number | undefined
}

type Kind = TransferRecord['kind']

export type TransferRecords = {
  /** Oldest first. */
  readonly list: readonly TransferRecord[]
  /** One begins. @returns its record, to be filled in. */
  begin(kind: Kind, by: string): TransferRecord
  /** One is refused. @returns what with. */
  refuse(kind: Kind, by: string, fault: TransferFault): [status: number, reason: SipReason]
}

export function createTransferRecords(world: Pick<CallWorld, 'clock' | 'emit'>, callId: string): TransferRecords {
  const records: TransferRecord[] = []
  return {
    get list() {
      return records.map((record) => ({ ...record }))
    },
    begin: (kind, by) => {
      const atMs = world.clock.now()
      const record: TransferRecord = {
        ...{ atMs, endedAtMs: undefined, kind, by, to: undefined },
        outcome: 'pending',
        status: undefined,
      }
      records.push(record)
      world.emit({ type: 'call.transferring', atMs, callId, kind, by })
      return record
    },
    refuse: (kind, by, fault) => {
      const atMs = world.clock.now()
      const status = faults[fault].sip
      records.push({ atMs, endedAtMs: atMs, kind, by, to: undefined, outcome: 'refused', status })
      world.emit({ type: 'call.transfer-refused', atMs, callId, kind, by, fault })
      return [status, { ...reasonFor(status), text: faults[fault].title }]
    },
  }
}
