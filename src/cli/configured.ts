/** The configuration that a command works with, as the server would read it. */

import { type Config, type ConfigOutcome, type ConfigProblem, readConfig } from '../base/config.ts'
import { diskFiles } from '../base/config-files.ts'
import { configSchema } from '../base/config-schema.ts'
import { readYaml, type SchemaNode, variableOf } from '../base/config-sources.ts'
import { faults } from '../base/faults.ts'
import { problemLine } from '../base/problem-line.ts'

export type ConfigScope = {
  /** Configuration file; undefined when there is none. */
  readonly config: string | undefined
  /** Folder that comes with Sotto. */
  readonly shippedFolder: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** In the place of what stands in the file. */
  readonly text?: string
}

export type WriteLine = (line: string) => void

/** @returns the configuration, or undefined after having said what is wrong with it. */
export function configured(scope: ConfigScope, write: WriteLine): Config | undefined {
  const given = textOf(scope, write)
  if (given === undefined) return undefined
  const outcome = read(scope, given.text)
  if ('config' in outcome) return outcome.config
  tell(outcome.problems, scope, write)
  return undefined
}

/** As `configured`, of one part alone: a mistake elsewhere, in a file that is being edited, says nothing about a server that runs and goes on as it was. */
export function configuredPart<P extends keyof Config>(
  part: P,
  scope: ConfigScope,
  write: WriteLine,
): Config[P] | undefined {
  const given = textOf(scope, write)
  if (given === undefined) return undefined
  const { tree, origins, problems } = readYaml(given.text ?? '', configSchema as object as SchemaNode)
  if (problems.length > 0) {
    tell(problems, scope, write)
    return undefined
  }
  const begin = `${variableOf([part])}_`
  const env = Object.fromEntries(Object.entries(scope.env).filter(([name]) => name.startsWith(begin)))
  const outcome = read({ ...scope, env }, JSON.stringify({ [part]: tree[part] }))
  if ('config' in outcome) return outcome.config[part]
  const inFile = outcome.problems.map(({ line: _line, ...problem }) => ({ ...problem, ...origins.get(problem.key) }))
  tell(inFile, scope, write)
  return undefined
}

/** @returns the text of the file, where there is one; undefined after having said that it cannot be read. */
function textOf(scope: ConfigScope, write: WriteLine): { readonly text: string | undefined } | undefined {
  const { config } = scope
  const text = scope.text ?? (config === undefined ? undefined : readText(config))
  if (config === undefined || text !== undefined) return { text }
  write(`${config}: ${faults['config.not-readable'].title}. ${faults['config.not-readable'].advice}`)
  return undefined
}

function read({ config, shippedFolder, env }: ConfigScope, text: string | undefined): ConfigOutcome {
  const named = config === undefined || text === undefined ? {} : { text, fileName: config }
  return readConfig({ ...named, env, shippedFolder, read: readText })
}

function tell(problems: readonly ConfigProblem[], { config }: ConfigScope, write: WriteLine): void {
  for (const problem of problems) write(problemLine(problem, config))
}

/** @returns the text of a file; undefined when it cannot be read. */
export const readText = diskFiles.read
