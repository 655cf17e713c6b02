/** `sotto calls`: looking after a server that runs, or ran. */

import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { FILE_VARIABLE } from '../base/config-sources.ts'
import { wholeNumber } from './arguments.ts'
import type { CallsOptions } from './calls.ts'
import type { Cli } from './cli.ts'

const DEFAULT_FILE = 'sotto.yaml'

/** Adds them to the program. */
export function addOperationCommands(program: Command, cli: Cli): void {
  const { write, shippedFolder } = cli
  program
    .command('calls')
    .description('list the calls that were, newest first; the server may run or not')
    .option('-c, --config <file>', 'configuration file that names the history; ./sotto.yaml when there is one')
    .option('--file <file>', "file of the history, instead of the configuration's")
    .option(
      '--since <time>',
      'calls that began then or later: 2026-11-27, 2026-11-27T12:00, or how long ago: 30m, 12h, 7d',
    )
    .option('--until <time>', 'calls that began before')
    .option('--number <number>', 'who called or was called; with a * at its end, how the number begins')
    .option('--agent <account>', "account of the agent's phone")
    .option('--trunk <name>', 'trunk of the call')
    .option('--ending <word>', 'why it ended, as in the list')
    .option('--limit <count>', 'how many at most; all of them when absent for --csv and --json', wholeNumber)
    .option('--csv', 'print CSV', false)
    .option('--json', 'print JSON, one object a line', false)
    .action(async (options: CallsOptions & { config?: string }) => {
      const { calls } = await import('./calls.ts')
      const config =
        options.config ?? process.env[FILE_VARIABLE] ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined)
      process.exitCode = calls({ ...options, config, nowMs: Date.now(), shippedFolder, env: process.env }, write)
    })
}
