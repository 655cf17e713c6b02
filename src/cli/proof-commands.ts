/** `sotto leak-test`, `sotto verify` and `sotto audit`: that nothing leaked, what was recorded, and who did what. */

import type { Command } from 'commander'
import { wholeNumber } from './arguments.ts'
import type { Cli } from './cli.ts'
import { configFileOf } from './config-file.ts'
import type { LeakTestOptions } from './leak-arguments.ts'

/** Adds them to the program. */
export function addProofCommands(program: Command, cli: Cli): void {
  const { write, shippedFolder, file } = cli
  program
    .command('leak-test')
    .description(
      'play one call with a secure session, and search memory, images, logs, files and the wire for the number',
    )
    .option(
      '-o, --out <folder>',
      'where the files of the search go: a new folder, or one of an earlier search, which is emptied',
      'var/leak-test',
    )
    .option(
      '--number-file <file>',
      'file with the number to key, instead of one made at random or a published test card',
    )
    .option('--json', 'print one JSON document instead of lines', false)
    .option('--allow-unsearched', 'what could not be searched does not count', false)
    .optionsGroup('A running server:')
    .option('--server <pid>', 'process id of its "sotto start"', wholeNumber)
    .option('--api <url>', 'its HTTP API')
    .option('--token-file <file>', 'file with a token for it')
    .option(
      '--sip <host:port>',
      'its SIP listener over UDP: place a test call there; without it you key the number yourself',
    )
    .option('--trunk <address...>', 'addresses that callers send from; the test call comes from the first')
    .option('--call <number>', 'what the test call dials')
    .option('--account <name>', 'test account that the number leads to')
    .option('--password-file <file>', 'file with the password of the account')
    .option('--agent-address <address>', 'address of this machine for the phone of the account')
    .option('--sound <address...>', 'addresses that the server sends sound from')
    .option('--interface <name>', 'network interface to capture', 'any')
    .option('--log <file...>', 'its log')
    .option('--folder <folder...>', 'folders that it writes to')
    .option('--recordings <folder...>', 'folders of its recordings')
    .option(
      '--snapshots <folder>',
      'folder of its --diagnostic-dir: ask it for heap snapshots, which stop it for a moment',
    )
    .option('--wait <seconds>', 'how long a step of the session may take', wholeNumber, 600)
    .action(async (options: LeakTestOptions) => {
      const [{ leakTest }, { liveArgsOf }] = await Promise.all([
        import('./leak-test.ts'),
        import('./leak-arguments.ts'),
      ])
      const live = liveArgsOf(options)
      if (typeof live === 'string') {
        write(live)
        process.exitCode = 2
        return
      }
      const { out, numberFile, json, allowUnsearched } = options
      process.exitCode = await leakTest({ folder: out, numberFile, json, allowUnsearched, cli: file, live }, write)
    })

  program
    .command('verify')
    .description('check audit records offline: signatures, chain, completeness, and what they claim')
    .argument('<path>', 'folder of records, one file of them, or what the API gave of one session')
    .option('--key <file>', 'public key of the node, PEM, as "sotto audit key" prints it')
    .option('--head <digest>', 'digest of a record that was noted elsewhere: it must be among them')
    .option('--running', 'the node runs: sessions that are open at the end are no fault', false)
    .option('--json', 'print JSON', false)
    .action(async (path: string, options: { key?: string; head?: string; running: boolean; json: boolean }) => {
      const { verifyCommand } = await import('./verify.ts')
      const { key: keyFile, head, running, json } = options
      process.exitCode = verifyCommand({ path, keyFile, head, running, json }, write)
    })

  const audit = program.command('audit').description('look after the audit records and the access log')
  audit
    .command('access')
    .description('check the access log and list it: who did what, when, from where, and whether it succeeded')
    .option('-c, --config <file>', 'configuration file that names the log; ./sotto.yaml when there is one')
    .option('--folder <folder>', "folder of the log, instead of the configuration's")
    .option('--key <file>', 'public key of the log, PEM, kept elsewhere; the one beside it when absent')
    .option('--csv', 'print CSV', false)
    .option('--json', 'print the records as they were signed, one a line', false)
    .action(async (options: { config?: string; folder?: string; key?: string; csv: boolean; json: boolean }) => {
      const { auditAccess } = await import('./audit-access.ts')
      const config = configFileOf(options.config)
      const { folder, key, csv, json } = options
      process.exitCode = await auditAccess({ config, folder, key, csv, json, shippedFolder, env: process.env }, write)
    })
  audit
    .command('key')
    .description('print the public key that the records are checked with')
    .option('-c, --config <file>', 'configuration file; ./sotto.yaml when there is one')
    .option('--folder <folder>', "folder of the records, instead of the configuration's")
    .action(async (options: { config?: string; folder?: string }) => {
      const { auditKey } = await import('./audit-key.ts')
      const file = configFileOf(options.config)
      const { folder } = options
      process.exitCode = auditKey({ file, folder, shippedFolder, env: process.env }, write)
    })
}
