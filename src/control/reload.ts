/**
 * Takes a changed configuration while calls run: all that can be applied now of it, or, when anything is wrong with it, nothing.
 *
 *   read -> check (text, schema, files, certificates, flow) -> compare with the one that runs -> apply, in one go, between two messages
 *
 * One after the other. Whoever asks while one is under way gets the next, which reads the file anew; all who wait for it share it.
 */

import { type Config, type ConfigOutcome, type ConfigProblem, describeConfig } from '../base/config.ts'
import { type ConfigChange, decideChanges } from '../base/config-changes.ts'
import type { FaultCode } from '../base/faults.ts'
import type { Log } from '../base/log.ts'

export type ReloadAnswer =
  | {
      readonly result: 'reloaded'
      readonly applied: readonly ConfigChange[]
      /** Of what was changed, what stays as it was until a restart. */
      readonly needsRestart: readonly ConfigChange[]
    }
  | {
      readonly result: 'refused'
      readonly fault: Extract<FaultCode, 'config.not-readable' | 'config.not-valid'>
      readonly problems: readonly ConfigProblem[]
    }

export type Reloader = {
  /** Never rejects, but for a defect of ours. */
  reload(): Promise<ReloadAnswer>
}

export type ReloaderParts = {
  /** @returns the configuration as its sources are now; undefined when its file cannot be read. */
  readonly read: () => Promise<ConfigOutcome | undefined>
  /** The one that runs. */
  readonly current: () => Config
  /** What is wrong beyond its text with one that was read, and as it would run with what needs a restart as it was. */
  readonly check: (read: Config, config: Config) => readonly ConfigProblem[]
  /** Applies all of it. */
  readonly apply: (config: Config) => void
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
}

/** Settings that are named in the log one by one; of more the count is told. */
const MOST_LINES = 50

export function createReloader(parts: ReloaderParts): Reloader {
  let last: Promise<unknown> = Promise.resolve()
  let waiting: Promise<ReloadAnswer> | undefined
  return {
    reload() {
      if (waiting !== undefined) return waiting
      const mine = last.then(() => {
        waiting = undefined
        return carryOut(parts)
      })
      waiting = mine
      last = mine.catch(() => undefined)
      return mine
    },
  }
}

async function carryOut(parts: ReloaderParts): Promise<ReloadAnswer> {
  const answer = decide(parts, await parts.read())
  if (answer.result === 'refused') {
    tellRefused(parts.log, answer)
    return answer
  }
  const { config, applied, needsRestart } = answer
  parts.apply(config)
  if (applied.length > 0) parts.log.info('control.configured', { configuration: describeConfig(config) })
  parts.log.info('control.reloaded', { count: applied.length })
  for (const { setting, change } of applied.slice(0, MOST_LINES))
    parts.log.info('control.setting-applied', { setting, reason: change })
  for (const { setting, change } of needsRestart.slice(0, MOST_LINES))
    parts.log.warn('control.restart-needed', { setting, reason: change })
  return { result: 'reloaded', applied, needsRestart }
}

type Refused = Extract<ReloadAnswer, { readonly result: 'refused' }>

function decide({ current, check }: ReloaderParts, outcome: ConfigOutcome | undefined) {
  const refused = (problems: readonly ConfigProblem[]): Refused => ({
    result: 'refused',
    fault: 'config.not-valid',
    problems,
  })
  if (outcome === undefined) return { ...refused([]), fault: 'config.not-readable' } as const
  if ('problems' in outcome) return refused(outcome.problems)
  const decision = decideChanges(current(), outcome.config)
  if (decision.result === 'misfit') return refused(decision.problems)
  const problems = check(outcome.config, decision.config)
  return problems.length > 0 ? refused(problems) : { ...decision, result: 'reloaded' as const }
}

function tellRefused(log: ReloaderParts['log'], { fault, problems }: Refused): void {
  log.error('control.reload-refused', { fault, count: problems.length })
  for (const { key, says, advice, line, variable } of problems.slice(0, MOST_LINES))
    log.error('control.setting-refused', { setting: key, problem: `${says} ${advice}`, line, variable })
}
