/** What is wrong with a configuration beyond its text, so that a reload changes nothing: files that are not there, certificates, the flow. */

import type { Config, ConfigProblem } from '../base/config.ts'
import type { ConfigFiles } from '../base/config-files.ts'
import { clipsIn, type FlowFolder, missingClips, parseFlowRef } from '../flow/index.ts'
import { everyFileProblem } from './file-checks.ts'

export type ReloadChecks = {
  readonly files: ConfigFiles
  readonly flows: Pick<FlowFolder, 'find'>
  /** Milliseconds since 1970. */
  readonly wallMs: () => number
}

/**
 * @param read as it was written. @param config as it would run, with what needs a restart as it was.
 * @returns what is wrong, each once; nothing when all of it can be used.
 */
export function reloadProblems(read: Config, config: Config, checks: ReloadChecks): readonly ConfigProblem[] {
  const found = [
    ...[read, config].flatMap((each) => everyFileProblem(each, checks.files, checks.wallMs)),
    ...flowProblems(config, checks.flows),
  ]
  return [...new Map(found.map((problem) => [`${problem.key} ${problem.says}`, problem])).values()]
}

/** The flow of sessions that name none; others are found, or not, when they are asked for. */
function flowProblems({ secureInput }: Config, flows: Pick<FlowFolder, 'find'>): ConfigProblem[] {
  const ref = parseFlowRef(secureInput.flow)
  if (!secureInput.enabled || ref === undefined) return []
  const found = flows.find(ref.id, ref.version)
  if (found.result !== 'found') {
    const advice = 'Publish it, or name another one; "sotto flows list" shows all.'
    return [{ key: 'secureInput.flow', says: 'There is no version of this flow that sessions can take.', advice }]
  }
  const missing = missingClips(found.flow, secureInput, clipsIn(secureInput.promptsFolder))
  if (missing.length === 0) return []
  const advice =
    'Choose a language that has them, or add them; "sotto prompts check" and the page Prompts of the administration (/admin/#/prompts) say which.'
  return [{ key: 'secureInput.language', says: 'Prompts of the flow are in none of its languages.', advice }]
}
