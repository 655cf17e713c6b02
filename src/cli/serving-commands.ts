/** `sotto start`, `sotto demo` and `sotto config`: the server, and seeing it at work. */

import { type Command, Option } from 'commander'
import type { Cli } from './cli.ts'
import { configFileOf } from './config-file.ts'

/** Adds them to the program. */
export function addServingCommands(program: Command, cli: Cli): void {
  const { write, shippedFolder, endUnread, file } = cli
  program
    .command('start')
    .description('run the server')
    .option(
      '-c, --config <file>',
      'configuration file; without it ./sotto.yaml when there is one, else a sample on loopback',
    )
    .action(async (options: { config?: string }) => {
      const { start } = await import('./start.ts')
      endUnread()
      process.exitCode = await start(
        { file: options.config, shippedFolder, env: process.env, run: await cli.control() },
        write,
      )
    })

  program
    .command('demo')
    .description(
      'run one call with a secure session between two phones on this machine, and search everything for the card number',
    )
    .option('--inband', 'the caller sends tones in the sound instead of telephone-events')
    .addOption(
      new Option('--codec <name>', 'codec of both phones').choices(['PCMA', 'PCMU', 'G722', 'OPUS']).default('PCMA'),
    )
    .option('--decline', 'the caller uses the test card that is declined')
    .option(
      '--desk',
      'the desk in the browser instead, with a caller who keys digits whenever you have him call; Ctrl-C ends it',
    )
    .option('--feature-code', 'the agent starts the session by keying *71 instead of by the API')
    .option(
      '-o, --out <folder>',
      'where the sound, the capture and the logs go: a new folder, or one of an earlier demo, which is emptied',
      'var/demo',
    )
    .action(
      async (options: {
        inband?: true
        codec: 'PCMA' | 'PCMU' | 'G722' | 'OPUS'
        decline?: true
        featureCode?: true
        desk?: true
        out: string
      }) => {
        if (options.desk === true) {
          const { deskDemo } = await import('../demo/desk-demo.ts')
          const ended = new Promise<void>((resolve) => {
            for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
          })
          process.exitCode = await deskDemo({ folder: options.out, cli: file, input: process.stdin, ended }, write)
          return
        }
        const { demo } = await import('../demo/demo.ts')
        process.exitCode = await demo(
          {
            inband: options.inband === true,
            codec: options.codec,
            decline: options.decline === true,
            featureCode: options.featureCode === true,
            folder: options.out,
            cli: file,
          },
          write,
        )
      },
    )

  const config = program.command('config').description('look after the configuration')
  config
    .command('check')
    .description('say what is wrong with a configuration and the files that it names, mistake by mistake')
    .argument('[file]', 'configuration file; ./sotto.yaml when absent')
    .action(async (file: string | undefined) => {
      const [{ configCheck }, { diskFiles }] = await Promise.all([
        import('./config-check.ts'),
        import('../base/config-files.ts'),
      ])
      const given = configFileOf(file)
      process.exitCode = await configCheck(
        {
          ...(given === undefined ? {} : { file: given }),
          shippedFolder,
          env: process.env,
          ...diskFiles,
          nowMs: Date.now(),
        },
        write,
      )
    })
}
