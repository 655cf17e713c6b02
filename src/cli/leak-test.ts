/**
 * `sotto leak-test`: one call with a number that only this process and a validation service know, and then a search for it in everything that the
 * server has, writes and sends. Without arguments against a server of its own on loopback; with `--server` against a running one.
 */

import { chmodSync } from 'node:fs'
import { outputFolder } from '../demo/output-folder.ts'
import { digitsOf, needlesOf } from '../leak/needles.ts'
import { exitCodeOf, type LeakReport, reportOf, tableOf } from '../leak/report.ts'
import { randomTestNumber } from '../leak/test-number.ts'
import { readNumberFile } from './leak-arguments.ts'
import { searchDemo } from './leak-demo.ts'
import { type LiveArgs, searchLive } from './leak-live.ts'

export type LeakTestArgs = {
  /** Where its own files go; emptied first where it is one of ours. */
  readonly folder: string
  readonly cli: string
  readonly json: boolean
  readonly allowUnsearched: boolean
  /** Digits of the number, in a file: it is an argument of no process. */
  readonly numberFile: string | undefined
  /** A running server; undefined for one of its own. */
  readonly live: LiveArgs | undefined
}

/** A test card that its scheme publishes: what a running server's validation service gets must be nobody's. */
const PUBLISHED_CARD = '6011000990139424'

/** @returns the exit code: 0 clean, 1 found or could not run, 2 wrong arguments or a folder that is not ours, 3 not everything was searched. */
export async function leakTest(args: LeakTestArgs, write: (line: string) => void): Promise<number> {
  const given = args.live === undefined ? randomTestNumber() : PUBLISHED_CARD
  const number = args.numberFile === undefined ? given : readNumberFile(args.numberFile)
  if (number === undefined) {
    write(
      'The number file holds no number of 12 to 19 digits in which every part of seven has at least four different ones.',
    )
    return 2
  }
  const folder = outputFolder(args.folder, write)
  if (folder === undefined) return 2
  // What this test itself writes holds the number: nobody else may read it.
  chmodSync(folder, 0o700)
  const say = args.json ? () => undefined : write
  const needles = needlesOf(digitsOf(number))
  let report: LeakReport
  try {
    const scene = { folder, number, needles, say }
    report = reportOf(args.live === undefined ? await searchDemo(args.cli, scene) : await searchLive(args.live, scene))
  } catch (thrown) {
    write(`The leak test broke off: ${thrown instanceof Error ? thrown.message : 'for no reason that it knows'}`)
    return 1
  }
  if (args.json) write(JSON.stringify(report))
  else for (const line of ['', ...tableOf(report)]) write(line)
  return exitCodeOf(report, args.allowUnsearched)
}
