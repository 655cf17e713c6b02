/**
 * Entry of the control process: puts the rooms together and takes them apart. It owns the clock, the randomness, the environment
 * and the signals; everything below is given what it needs.
 *
 *   start   configuration -> log -> vaults -> media -> SIP -> HTTP -> ready
 *   TERM    no new calls (503), calls go on, at most drainSeconds; then as INT
 *   INT     entries wiped, calls ended, processes ended
 *   HUP     the configuration anew, as far as it takes effect without a restart; calls go on
 *
 * A signal that comes during the start is acted on as soon as all has started.
 */

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { clockFrom } from './base/clock.ts'
import { describeConfig } from './base/config.ts'
import { asFault, Fault } from './base/fault.ts'
import { problemLine } from './base/problem-line.ts'
import { pooledRandom } from './base/random-pool.ts'
import { configFrom } from './control/config-source.ts'
import { holdSignals } from './control/held-signals.ts'
import { openLog } from './control/own-log.ts'
import { raiseSignalling } from './control/priority.ts'
import { programDigest } from './control/program.ts'
import { type ControlInput, Running } from './control/running.ts'
import { untilSignalled } from './control/signals.ts'

/** Node's file name extension of this very run: sources as they are, or compiled. */
const EXTENSION = import.meta.filename.slice(-3)
const VERSION: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version

const clock = clockFrom({ now: () => performance.now(), setTimeout, clearTimeout })
const random = pooledRandom(randomBytes)

/** Runs until a signal ends it. @returns the exit code: 0 ended as told, 1 could not start, 2 the configuration is wrong. */
export async function runControl(input: ControlInput, signals = holdSignals()): Promise<number> {
  const outcome = configFrom(input, input.text)
  if ('problems' in outcome) {
    for (const problem of outcome.problems) input.say(problemLine(problem, input.fileName))
    return 2
  }
  const { config } = outcome
  raiseSignalling()
  const { log, lines } = openLog(config.log.level, clock, input.say)
  log.info('control.configured', { configuration: describeConfig(config) })
  const program = { version: VERSION, node: process.version, digest: programDigest(import.meta.dirname) }
  const running = new Running(config, input, { clock, wallMs: Date.now, random, log, lines, program, entryFile })
  // A file that may grow no more (RLIMIT_FSIZE) is a disk that is full, and no reason to die.
  process.on('SIGXFSZ', () => undefined)
  signals.on('SIGHUP', () => void running.reload().catch((thrown: unknown) => log.fault(thrown)))
  const signalled = untilSignalled(signals, running, log, clock, () => running.config.drainSeconds * 1000)
  try {
    await running.start()
  } catch (thrown) {
    const fault = asFault(thrown)
    log.fault(fault)
    for (let cause: unknown = fault; cause instanceof Fault; cause = cause.cause) {
      input.say(`Sotto cannot start: ${cause.row.title}. ${cause.row.advice}`)
    }
    await running.close()
    return 1
  }
  // Now, before there are calls: one that is killed does not come to it at its end.
  flushCompileCache()
  await signalled
  await running.close()
  log.info('control.stopped')
  return 0
}

function entryFile(name: 'media' | 'vault'): string {
  return new URL(`./${name}${EXTENSION}`, import.meta.url).pathname
}
