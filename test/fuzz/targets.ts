/** Every reader that is fuzzed. */

import type { Target } from './target.ts'
import { MEDIA_TARGETS } from './targets-media.ts'
import { recordingTarget } from './targets-recording.ts'
import { sipTargets } from './targets-sip.ts'
import { stunTarget } from './targets-stun.ts'
import { textTargets } from './targets-text.ts'
import { webSocketTarget } from './targets-websocket.ts'
import { WRITTEN_TARGETS } from './targets-written.ts'

export async function allTargets(): Promise<readonly Target[]> {
  return [
    ...(await sipTargets()),
    webSocketTarget,
    stunTarget,
    ...MEDIA_TARGETS,
    ...textTargets(),
    recordingTarget(),
    ...WRITTEN_TARGETS,
  ]
}
