/** Reads the pairs of `test/fixtures/sdp`, and is the side that answers them. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LocalMedia } from '../../src/sip/offer-answer.ts'

export type SdpPair = {
  readonly name: string
  readonly says: string
  /** What `holdOf` reads in the offer; `none` when there is no audio. */
  readonly hold: string
  /** With CRLF. */
  readonly offer: string
  /** With CRLF; or `refused` and a fault. */
  readonly answer: string
}

const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'sdp')

export const sdpPairs: readonly SdpPair[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.pair'))
  .map((file) => {
    const lines = readFileSync(join(FOLDER, file), 'utf8').trimEnd().split('\n')
    const dashes = lines.indexOf('--')
    const wire = (part: readonly string[]) => part.map((line) => `${line}\r\n`).join('')
    const answer = lines.slice(dashes + 1)
    return {
      name: file.replace('.pair', ''),
      says: (lines[0] ?? '').slice(2),
      hold: (lines[1] ?? '').replace('# hold: ', ''),
      offer: wire(lines.slice(2, dashes)),
      answer: answer.length === 1 ? (answer[0] ?? '') : wire(answer),
    }
  })

/** The answering side. */
export function localMedia(changes: Partial<LocalMedia> = {}): LocalMedia {
  return {
    address: '198.51.100.50',
    family: 'IPv4',
    rtpPort: 20_000,
    rtcpPort: 20_001,
    sessionId: '4711',
    version: 1,
    codecs: ['G722', 'PCMA', 'PCMU'],
    direction: 'sendrecv',
    ptimeMs: 20,
    rtcpMux: true,
    ...changes,
  }
}
