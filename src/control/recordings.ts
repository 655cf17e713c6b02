/** What the configuration says of recordings: which calls, into which file, and the certificates that they are sealed to, read from their files. */

import { resolve } from 'node:path'
import type { Config } from '../base/config.ts'
import { asFault } from '../base/fault.ts'
import type { Log } from '../base/log.ts'
import type { Milliseconds } from '../base/units.ts'
import type { CallsOptions } from '../call/index.ts'
import type { MediaPool } from '../media/pool.ts'
import { readCertificateFile } from '../record/certificate-files.ts'
import type { Recipient } from '../record/recipients.ts'

type RecordingConfig = Config['recording']

const DAY_MS = 24 * 60 * 60 * 1000
/** From so many days before its end on, a certificate is told of at each start and reload. */
const WARNED_DAYS = 60
/** Of a CMS message (RFC 5751 section 3.2.1). */
const SUFFIX = '.p7m'

/** @param config as it is just now. @param wallMs milliseconds since 1970. */
export function recordingTerms(
  config: () => Pick<Config, 'recording'>,
  wallMs: () => Milliseconds,
): NonNullable<CallsOptions['recording']> {
  return {
    isOn: () => config().recording.calls === 'all',
    fileOf: (callId) =>
      resolve(config().recording.folder, new Date(wallMs()).toISOString().slice(0, 10), `${callId}${SUFFIX}`),
  }
}

/** @throws Fault recording.* */
function recipientsOf({ certificates }: RecordingConfig, nowMs: Milliseconds): readonly Recipient[] {
  return certificates.map((file) => readCertificateFile(file, nowMs).recipient)
}

export type SealingParts = {
  readonly media: Pick<MediaPool, 'sealTo'>
  readonly wallMs: () => Milliseconds
  readonly log: Pick<Log, 'warn' | 'fault'>
  /** For the person at the terminal. */
  readonly say: (line: string) => void
}

/**
 * Tells media whom recordings are sealed to, at the start and with each reload. Where a certificate cannot be used nothing is recorded, which is told here and
 * with every call; phones ring all the same.
 */
export async function sealRecordings(
  recording: RecordingConfig,
  { media, wallMs, log, say }: SealingParts,
): Promise<void> {
  try {
    const recipients = recipientsOf(recording, wallMs())
    if (recipients.length > 0) await media.sealTo(recipients)
    warnOfExpiry(recording, wallMs(), log)
  } catch (thrown) {
    const { row } = asFault(thrown)
    log.fault(thrown)
    say(`Nothing is recorded, for a file of recording.certificates cannot be used: ${row.title}. ${row.advice}`)
  }
}

/** Tells of certificates that will be refused before long: what is sealed to them goes on being readable. */
function warnOfExpiry({ certificates }: RecordingConfig, nowMs: Milliseconds, log: Pick<Log, 'warn'>): void {
  for (const [at, file] of certificates.entries()) {
    const { facts } = readCertificateFile(file, nowMs)
    const days = Math.floor((Date.parse(facts.validTo) - nowMs) / DAY_MS)
    if (days <= WARNED_DAYS) log.warn('recording.certificate-expires', { count: at, days })
  }
}
