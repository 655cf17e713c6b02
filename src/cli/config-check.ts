/**
 * `sotto config check`: reads the configuration as `sotto start` would and says what is wrong with it, where, and what to do; starts
 * nothing. The files that it names are read as a reload reads them.
 */

import { readConfig } from '../base/config.ts'
import type { ConfigFiles } from '../base/config-files.ts'
import { faults } from '../base/faults.ts'
import { problemLine } from '../base/problem-line.ts'
import { everyFileProblem } from '../control/file-checks.ts'

export type ConfigCheckInput = ConfigFiles & {
  /** Path of the file; absent when there is none. */
  readonly file?: string
  /** Folder of the files that come with Sotto. */
  readonly shippedFolder?: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** For how long certificates are good; milliseconds since 1970. */
  readonly nowMs: number
}

/** Exit codes: 0 all is well, 1 the configuration has mistakes, 2 the file cannot be read. */
export type ConfigCheckExit = 0 | 1 | 2

/** @param write takes one line without its end. @returns the exit code of the command. */
export async function configCheck(input: ConfigCheckInput, write: (line: string) => void): Promise<ConfigCheckExit> {
  const { file, shippedFolder } = input
  const text = file === undefined ? undefined : input.read(file)
  if (file !== undefined && text === undefined) {
    write(`${file}: ${faults['config.not-readable'].title}. ${faults['config.not-readable'].advice}`)
    return 2
  }
  const outcome = readConfig({
    env: input.env,
    read: input.read,
    ...(text === undefined ? {} : { text }),
    ...(file === undefined ? {} : { fileName: file }),
    ...(shippedFolder === undefined ? {} : { shippedFolder }),
  })
  const problems = 'problems' in outcome ? outcome.problems : everyFileProblem(outcome.config, input, () => input.nowMs)
  for (const problem of problems) write(problemLine(problem, file))
  if (problems.length > 0 || 'problems' in outcome) {
    write(`${problems.length} ${problems.length === 1 ? 'mistake' : 'mistakes'}`)
    return 1
  }
  const where = outcome.sample ? 'no file: the sample configuration on loopback' : (file ?? 'the environment')
  const { phones, trunks, routes } = outcome.config
  write(`${where}: good (phones ${phones.length}, trunks ${trunks.length}, routes ${routes.length})`)
  return 0
}
