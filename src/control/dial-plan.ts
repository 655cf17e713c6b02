/**
 * The dial plan of this server: its configuration file, and what the directory adds to it. It remembers the file as it was read last, so that a change of the directory is laid
 * over that, and tells once of each entry that is left out.
 */

import type { Config, ConfigProblem } from '../base/config.ts'
import type { Log } from '../base/log.ts'
import {
  type DialPlan,
  type DirectoryProblem,
  dialPlanOf,
  type Picture,
  PLAN_KINDS,
  type PlanOutside,
} from '../directory/index.ts'

export type PlanKeeper = {
  /** What changes of the directory are checked against. */
  readonly outside: PlanOutside
  /** @returns the configuration as it counts with a file. */
  of(file: Config): DialPlan
  /** @returns what would be left out with a plan, and is not now. */
  newProblems(plan: DialPlan): readonly DirectoryProblem[]
  /** The plan that runs, and the file that it stands on. */
  took(file: Config, plan: DialPlan): void
  /** @returns whether the directory's part of it is another one than that of the plan that runs. */
  hasChanged(): boolean
  /** What runs. */
  current(): DialPlan
}

export type PlanParts = Omit<PlanOutside, 'file'> & {
  readonly picture: () => Picture
  readonly log: Pick<Log, 'warn'>
}

/** @param first the configuration that the server was started with: its file alone. */
export function keepDialPlan(first: Config, { picture, log, ...outside }: PlanParts): PlanKeeper {
  let file = first
  let entries: Picture['entries'] | undefined
  let current: DialPlan = { config: first, problems: [] }
  const on = (of: Config): DialPlan => dialPlanOf(picture(), { ...outside, file: () => of })
  const newProblems = (plan: DialPlan) => {
    const known = new Set(current.problems.map(({ key }) => key))
    return plan.problems.filter(({ key }) => !known.has(key))
  }
  return {
    outside: { ...outside, file: () => file },
    of: on,
    newProblems,
    took(next, plan) {
      for (const { key, says, advice } of newProblems(plan))
        log.warn('directory.left-out', { setting: key, problem: `${says} ${advice}` })
      file = next
      entries = picture().entries
      current = plan
    },
    hasChanged: () => PLAN_KINDS.some((kind) => isOther(entries?.[kind], picture().entries[kind])),
    current: () => current,
  }
}

/** Of an entry that the file goes before nobody need be told before he reads the file anew: that is what he wants. */
export function isShadowed({ key }: Pick<ConfigProblem, 'key'>): boolean {
  return key.endsWith('.name')
}

function isOther(one: ReadonlyMap<string, unknown> | undefined, other: ReadonlyMap<string, unknown>): boolean {
  return one === undefined ? other.size > 0 : one !== other
}
