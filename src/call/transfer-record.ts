/** A transfer as the call's record keeps it. Accounts of phones, and no numbers. */

export type TransferRecord = {
  readonly atMs: number
  /** When it was over; undefined as long as it is not. */
  endedAtMs: number | undefined
  readonly kind: 'blind' | 'attended'
  /** Account of the phone that asked; empty when it has none. */
  readonly by: string
  /** Account of who took over, empty for somebody who is no phone of ours; undefined as long as nobody has. */
  to: string | undefined
  outcome: 'pending' | 'transferred' | 'failed' | 'refused'
  /** What it was refused with, or what came of the target. */
  status: number | undefined
}
