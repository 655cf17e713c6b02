/** `sotto backup`, `sotto restore`, `sotto config export` and `sotto config import`: the directory as a file. */

import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { FILE_VARIABLE } from '../base/config-sources.ts'
import type { Cli } from './cli.ts'

const DEFAULT_FILE = 'sotto.yaml'

/** Adds them to the program, which has `config` already. */
export function addDirectoryCommands(program: Command, { write, shippedFolder }: Cli): void {
  const scope = (given: string | undefined) => ({
    config: given ?? process.env[FILE_VARIABLE] ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined),
    shippedFolder,
    env: process.env,
  })
  const CONFIG = [
    '-c, --config <file>',
    'configuration that names the directory; ./sotto.yaml when there is one',
  ] as const

  program
    .command('backup')
    .description('write the directory to a file, checked before it replaces anything; the server may run')
    .argument('<file>', 'file of the backup')
    .option(...CONFIG)
    .action(async (file: string, options: { config?: string }) => {
      const { backup } = await import('./backup.ts')
      process.exitCode = await backup(scope(options.config), file, write)
    })
  program
    .command('restore')
    .description('put a backup in the place of the directory; the server that uses it is stopped first')
    .argument('<file>', 'file of the backup')
    .option(...CONFIG)
    .action(async (file: string, options: { config?: string }) => {
      const { restoreBackup } = await import('./backup.ts')
      process.exitCode = await restoreBackup(scope(options.config), file, new Date(), write)
    })

  const config = program.commands.find((command) => command.name() === 'config')
  config
    ?.command('export')
    .description('write users, workgroups, forms and flows of the directory as YAML, without secrets')
    .argument('[file]', 'where to; standard output when absent')
    .option(...CONFIG)
    .action(async (file: string | undefined, options: { config?: string }) => {
      const { configExport } = await import('./config-transfer.ts')
      process.exitCode = await configExport(scope(options.config), file, write)
    })
  config
    ?.command('import')
    .description(
      'make the directory like a file, wholly or not at all; a server that runs takes it over within a second',
    )
    .argument('<file>', 'file that "sotto config export" wrote')
    .option('--dry-run', 'show what would change, and change nothing', false)
    .option(...CONFIG)
    .action(async (file: string, options: { config?: string; dryRun: boolean }) => {
      const { configImport } = await import('./config-transfer.ts')
      process.exitCode = await configImport(scope(options.config), file, options.dryRun, write)
    })
}
