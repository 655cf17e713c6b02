/** Recordings sealed to keys that openssl made, in a folder as the server keeps it, and the command that opens them. */

import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { readRecordingCertificate } from '../../src/record/recipients.ts'
import { createSeal } from '../../src/record/seal.ts'
import type { Segment } from '../../src/record/segment.ts'
import { contentOf } from '../record/recorded.ts'

const CLI = resolve(import.meta.dirname, '../../src/cli.ts')

export type Ran = { readonly code: number; readonly said: string }

/** @returns writes segments sealed to certificates (PEM), some octets behind them. */
export function sealedTo(...certificates: readonly string[]) {
  const seal = createSeal(certificates.map((pem) => readRecordingCertificate(pem, Date.now()).recipient))
  return {
    messages: (segments: readonly Segment[]): Uint8Array[] => segments.map((segment) => seal(contentOf(segment))),
    write(path: string, segments: readonly Segment[], behind: Uint8Array = new Uint8Array()): void {
      put(path, [...segments.map((segment) => seal(contentOf(segment))), behind])
    },
  }
}

/** Writes a file of messages, and its folder. */
export function put(path: string, messages: readonly Uint8Array[]): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, Buffer.concat(messages))
}

/** @returns runs `sotto recordings` in a folder. @param before a command that runs it, and its words. */
export function recordingsIn(
  folder: string,
  ...before: readonly string[]
): (...words: readonly string[]) => Promise<Ran> {
  return (...words) =>
    new Promise((done) => {
      const env = { PATH: process.env['PATH'] ?? '' }
      const [file = '', ...all] = [...before, process.execPath, CLI, 'recordings', ...words]
      execFile(file, all, { cwd: folder, env }, (error, stdout, stderr) =>
        done({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }),
      )
    })
}

/** @returns the path of a recording in a folder of recordings. */
export function pathOf(folder: string, date: string, call: string): string {
  return join(folder, date, `${call}.p7m`)
}
