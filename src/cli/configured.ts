/** The configuration that a command works with, as the server would read it. */

import { readFileSync } from 'node:fs'
import { type Config, readConfig } from '../base/config.ts'
import { faults } from '../base/faults.ts'
import { problemLine } from './config-check.ts'

export type ConfigScope = {
  /** Configuration file; undefined when there is none. */
  readonly config: string | undefined
  /** Folder that comes with Sotto. */
  readonly shippedFolder: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export type WriteLine = (line: string) => void

/** @returns the configuration, or undefined after having said what is wrong with it. */
export function configured({ config, shippedFolder, env }: ConfigScope, write: WriteLine): Config | undefined {
  const text = config === undefined ? undefined : readText(config)
  if (config !== undefined && text === undefined) {
    write(`${config}: ${faults['config.not-readable'].title}. ${faults['config.not-readable'].advice}`)
    return undefined
  }
  const named = config === undefined || text === undefined ? {} : { text, fileName: config }
  const outcome = readConfig({ ...named, env, shippedFolder, read: readText })
  if ('config' in outcome) return outcome.config
  for (const problem of outcome.problems) write(problemLine(problem, config))
  return undefined
}

/** @returns the text of a file; undefined when it cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
