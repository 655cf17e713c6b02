/** Which configuration file a command works with. */

import { existsSync } from 'node:fs'
import { FILE_VARIABLE } from '../base/config-sources.ts'

const USUAL = 'sotto.yaml'

/** @param given on the command line. @returns that, or the environment's, or the one of the working folder; undefined when there is none. */
export function configFileOf(given: string | undefined): string | undefined {
  return given ?? process.env[FILE_VARIABLE] ?? (existsSync(USUAL) ? USUAL : undefined)
}
