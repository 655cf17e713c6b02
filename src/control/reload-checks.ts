/** What is wrong with a configuration beyond its text, so that a reload changes nothing: files that are not there, certificates, the flow. */

import type { Config, ConfigProblem } from '../base/config.ts'
import { type ConfigFiles, fileProblems } from '../base/config-files.ts'
import { asFault } from '../base/fault.ts'
import { isTlsPair } from '../base/tls-pair.ts'
import { clipsIn, type FlowFolder, missingClips, parseFlowRef } from '../flow/index.ts'
import { certificateFileProblems } from '../record/certificate-files.ts'
import { webTerms } from './web-terms.ts'

export type ReloadChecks = {
  readonly files: ConfigFiles
  readonly flows: Pick<FlowFolder, 'find'>
  /** Reads every certificate of SIP over TLS. @throws Fault */
  readonly certificates: (config: Config) => void
  /** Milliseconds since 1970. */
  readonly wallMs: () => number
}

/**
 * @param read as it was written. @param config as it would run, with what needs a restart as it was.
 * @returns what is wrong, each once; nothing when all of it can be used.
 */
export function reloadProblems(read: Config, config: Config, checks: ReloadChecks): readonly ConfigProblem[] {
  const found = [
    ...[read, config].flatMap((each) => [
      ...fileProblems(each, checks.files),
      ...certificateProblems(each, checks.certificates),
      ...webCertificateProblems(each),
      ...certificateFileProblems(each.recording.certificates, checks.wallMs()),
    ]),
    ...flowProblems(config, checks.flows),
  ]
  return [...new Map(found.map((problem) => [`${problem.key} ${problem.says}`, problem])).values()]
}

/** @param load reads every certificate of SIP over TLS. @throws nothing */
export function certificateProblems(config: Config, load: ReloadChecks['certificates']): ConfigProblem[] {
  try {
    load(config)
    return []
  } catch (thrown) {
    const { row, detail } = asFault(thrown)
    const owner = typeof detail['owner'] === 'string' ? detail['owner'] : undefined
    const trunk = config.trunks.findIndex(({ name }) => name === owner)
    const key = trunk < 0 ? 'sip' : `trunks[${trunk}].outbound.tls`
    return [{ key, says: `${row.title}${owner === undefined ? '' : ` (${owner})`}.`, advice: row.advice }]
  }
}

function webCertificateProblems({ http }: Config): ConfigProblem[] {
  if (http.tls === undefined || isUsable(http)) return []
  const advice = 'Give a certificate and its key, both PEM.'
  return [{ key: 'http.tls', says: 'The certificate or its key cannot be used.', advice }]
}

function isUsable(http: Config['http']): boolean {
  try {
    const { tls } = webTerms(http)
    return tls !== undefined && isTlsPair(tls.certificate, tls.key)
  } catch {
    return false
  }
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
