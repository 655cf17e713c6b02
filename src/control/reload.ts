/**
 * Takes a changed configuration while calls run: all that can be applied now of it, or, when anything is wrong with it, nothing.
 *
 *   read -> lay the directory over it -> check (text, schema, files, certificates, flow) -> compare with the one that runs -> apply, in one go, between two messages
 *
 * A change of the directory alone goes the same way with the file as it was read last.
 *
 * One after the other. Whoever asks while one is under way gets the next, which reads the file anew; all who wait for it share it.
 */

import { type Config, type ConfigOutcome, type ConfigProblem, describeConfig } from '../base/config.ts'
import { type ConfigChange, decideChanges } from '../base/config-changes.ts'
import type { FaultCode } from '../base/faults.ts'
import type { Log } from '../base/log.ts'
import { isShadowed, type PlanKeeper } from './dial-plan.ts'

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
  /** Applies what the directory says of trunks, phones and routes, when that has changed. Never throws. */
  takeDirectory(): void
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
  readonly plan: Pick<PlanKeeper, 'of' | 'newProblems' | 'took' | 'hasChanged'> & {
    readonly outside: Pick<PlanKeeper['outside'], 'file'>
  }
  readonly log: Pick<Log, 'info' | 'warn' | 'error' | 'fault'>
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
    takeDirectory() {
      try {
        if (parts.plan.hasChanged()) applyDirectory(parts)
      } catch (thrown) {
        parts.log.fault(thrown)
      }
    },
  }
}

function applyDirectory({ plan, current, apply, log }: ReloaderParts): void {
  const file = plan.outside.file()
  const next = plan.of(file)
  const decision = decideChanges(current(), next.config)
  if (decision.result === 'misfit') {
    tellRefused(log, { result: 'refused', fault: 'config.not-valid', problems: decision.problems })
    return
  }
  if (decision.applied.length > 0) apply(decision.config)
  plan.took(file, next)
  tellApplied(log, decision.applied)
}

function tellApplied(log: ReloaderParts['log'], applied: readonly ConfigChange[]): void {
  for (const { setting, change } of applied.slice(0, MOST_LINES))
    log.info('control.setting-applied', { setting, reason: change })
}

async function carryOut(parts: ReloaderParts): Promise<ReloadAnswer> {
  const answer = decide(parts, await parts.read())
  if (answer.result === 'refused') {
    tellRefused(parts.log, answer)
    return answer
  }
  const { file, plan, config, applied, needsRestart } = answer
  parts.apply(config)
  parts.plan.took(file, plan)
  if (applied.length > 0) parts.log.info('control.configured', { configuration: describeConfig(config) })
  parts.log.info('control.reloaded', { count: applied.length })
  tellApplied(parts.log, applied)
  for (const { setting, change } of needsRestart.slice(0, MOST_LINES))
    parts.log.warn('control.restart-needed', { setting, reason: change })
  return { result: 'reloaded', applied, needsRestart }
}

type Refused = Extract<ReloadAnswer, { readonly result: 'refused' }>

function decide({ current, check, plan: keeper }: ReloaderParts, outcome: ConfigOutcome | undefined) {
  const refused = (problems: readonly ConfigProblem[]): Refused => ({
    result: 'refused',
    fault: 'config.not-valid',
    problems,
  })
  if (outcome === undefined) return { ...refused([]), fault: 'config.not-readable' } as const
  if ('problems' in outcome) return refused(outcome.problems)
  const file = outcome.config
  const plan = keeper.of(file)
  const leftOut = keeper.newProblems(plan).filter((problem) => !isShadowed(problem))
  if (leftOut.length > 0) return refused(leftOut.map((problem) => ({ ...problem, key: `directory.${problem.key}` })))
  const decision = decideChanges(current(), plan.config)
  if (decision.result === 'misfit') return refused(decision.problems)
  const problems = check(plan.config, decision.config)
  return problems.length > 0 ? refused(problems) : { ...decision, file, plan, result: 'reloaded' as const }
}

function tellRefused(log: ReloaderParts['log'], { fault, problems }: Refused): void {
  log.error('control.reload-refused', { fault, count: problems.length })
  for (const { key, says, advice, line, variable } of problems.slice(0, MOST_LINES))
    log.error('control.setting-refused', { setting: key, problem: `${says} ${advice}`, line, variable })
}
