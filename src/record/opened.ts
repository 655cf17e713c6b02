/** The sealed segments of a file, opened one after another: what cannot be opened is a value, since the next one opens by itself. */

import type { KeyObject, X509Certificate } from 'node:crypto'
import { Fault } from '../base/fault.ts'
import { openSegment } from './open.ts'
import { readSegment } from './segment.ts'
import type { Opened } from './timeline.ts'

/** What opens a recording. */
export type OpeningKey = {
  readonly key: KeyObject
  /** Says which recipient the key is for; without it each is tried. */
  readonly certificate: X509Certificate | undefined
}

/** @throws Fault recording.key-mismatch: nothing could ever be opened. */
export function* openAll(messages: Iterable<Uint8Array>, { key, certificate }: OpeningKey): Generator<Opened> {
  for (const message of messages) yield openOne(message, key, certificate)
}

function openOne(message: Uint8Array, key: KeyObject, certificate: X509Certificate | undefined): Opened {
  try {
    return readSegment(openSegment(message, key, certificate)) ?? 'content'
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.code === 'recording.key-mismatch') throw thrown
    return thrown
  }
}
