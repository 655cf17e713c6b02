/** Every reader that is fuzzed. */

import type { Target } from './target.ts'
import { MEDIA_TARGETS } from './targets-media.ts'
import { sipTargets } from './targets-sip.ts'
import { textTargets } from './targets-text.ts'

export async function allTargets(): Promise<readonly Target[]> {
  return [...(await sipTargets()), ...MEDIA_TARGETS, ...textTargets()]
}
