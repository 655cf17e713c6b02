/** What a replay of a capture brings in place of the network, and watches. Types alone: a vault process has none of it. */

import type { CaptureState } from './capture-terms.ts'
import type { Submission, SubmitOptions } from './submit.ts'

export type OfflineParts = {
  submit(options: SubmitOptions): Submission
  onState(state: CaptureState): void
}
