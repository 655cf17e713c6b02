/** Which folder of flows a command works on, and what they leave to the configuration: as the server would read it. */

import { existsSync, readFileSync } from 'node:fs'
import { readConfig } from '../base/config.ts'
import { FILE_VARIABLE } from '../base/config-sources.ts'
import { faults } from '../base/faults.ts'
import { type FlowDefaults, type FlowFolder, flowFolderOf } from '../flow/index.ts'
import { problemLine } from './config-check.ts'

export type FlowsScope = {
  /** Configuration file; absent: the one that `sotto start` would take. */
  readonly config?: string
  /** Folder that comes with Sotto. */
  readonly shippedFolder: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export type FlowSettings = { readonly flows: FlowFolder; readonly defaults: FlowDefaults }

export type WriteLine = (line: string) => void

const DEFAULT_FILE = 'sotto.yaml'

/** @returns the folder, or undefined after having said what is wrong with the configuration. */
export function flowsOf(scope: FlowsScope, write: WriteLine): FlowFolder | undefined {
  return flowSettingsOf(scope, write)?.flows
}

/** @returns folder and defaults, or undefined after having said what is wrong with the configuration. */
export function flowSettingsOf({ config, shippedFolder, env }: FlowsScope, write: WriteLine): FlowSettings | undefined {
  const file = config ?? env[FILE_VARIABLE] ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined)
  const text = file === undefined ? undefined : readText(file)
  if (file !== undefined && text === undefined) {
    write(`${file}: ${faults['config.not-readable'].title}. ${faults['config.not-readable'].advice}`)
    return undefined
  }
  const outcome = readConfig({
    env,
    read: readText,
    shippedFolder,
    ...(text === undefined ? {} : { text }),
    ...(file === undefined ? {} : { fileName: file }),
  })
  if ('problems' in outcome) {
    for (const problem of outcome.problems) write(problemLine(problem, file))
    return undefined
  }
  const { secureInput } = outcome.config
  return { flows: flowFolderOf(secureInput, shippedFolder), defaults: secureInput }
}

/** @returns the text of a file; undefined when it cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
