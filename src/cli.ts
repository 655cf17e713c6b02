#!/usr/bin/env node
/** The command `sotto`: what it can do, in words a person reads before anything else. Each command is a file under `cli/`. */

import { existsSync, readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'

const SHIPPED_FOLDER = new URL('..', import.meta.url).pathname
const write = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const program = new Command('sotto')
  .description(
    'SIP/RTP media server that takes card numbers from callers without anybody hearing, seeing or logging them.',
  )
  .version(JSON.parse(readFileSync(`${SHIPPED_FOLDER}package.json`, 'utf8')).version)
  .showHelpAfterError('(sotto --help tells more)')
  .addHelpText(
    'after',
    `
Begin here:
  sotto demo                  one whole call with a secure session on this machine, and the proof that nothing leaked
  sotto start                 a server on loopback with two sample phones; with a sotto.yaml, your own
  sotto config check          what is wrong with sotto.yaml, line by line

Exit codes: 0 done, 1 it did not work, 2 the configuration or the arguments are wrong.`,
  )

program
  .command('start')
  .description('run the server')
  .option(
    '-c, --config <file>',
    'configuration file; without it ./sotto.yaml when there is one, else a sample on loopback',
  )
  .action(async (options: { config?: string }) => {
    const { start } = await import('./cli/start.ts')
    const { runControl } = await import('./control.ts')
    process.exitCode = await start(
      { file: options.config, shippedFolder: SHIPPED_FOLDER, env: process.env, run: runControl },
      write,
    )
  })

program
  .command('demo')
  .description(
    'run one call with a secure session between two phones on this machine, and search everything for the card number',
  )
  .option('--inband', 'the caller sends tones in the sound instead of telephone-events')
  .addOption(new Option('--codec <name>', 'codec of both phones').choices(['PCMA', 'PCMU', 'G722']).default('PCMA'))
  .option('--decline', 'the caller uses the test card that is declined')
  .option('--feature-code', 'the agent starts the session by keying *71 instead of by the API')
  .option('-o, --out <folder>', 'where the sound, the capture and the logs go', 'var/demo')
  .action(
    async (options: {
      inband?: true
      codec: 'PCMA' | 'PCMU' | 'G722'
      decline?: true
      featureCode?: true
      out: string
    }) => {
      const { demo } = await import('./demo/demo.ts')
      process.exitCode = await demo(
        {
          inband: options.inband === true,
          codec: options.codec,
          decline: options.decline === true,
          featureCode: options.featureCode === true,
          folder: options.out,
          cli: import.meta.filename,
        },
        write,
      )
    },
  )

program
  .command('replay')
  .description('find the RTP streams of a capture and what was keyed in them; or play them as a live call')
  .argument('<file>', 'pcap or pcapng')
  .option('--show-digits', 'print the digits instead of dots', false)
  .option('--json', 'print JSON', false)
  .option('--to <uri>', 'play the capture as a call to this SIP URI, with its own timing')
  .option('--stream <number>', 'which stream to play; the first playable one when absent', wholeNumber)
  .option('--local <address>', 'address to send from')
  .option('--user <account>', 'account to call with; its password is read from SOTTO_REPLAY_PASSWORD')
  .action(async (file: string, options: ReplayOptions) => {
    const { showDigits, json, to, stream, local, user } = options
    if (to === undefined) {
      const { replay } = await import('./cli/replay.ts')
      process.exitCode = await replay({ file, showDigits, json }, write)
    } else {
      const { replayTo } = await import('./cli/replay-to.ts')
      const password = process.env['SOTTO_REPLAY_PASSWORD']
      process.exitCode = await replayTo({ file, to, stream, local, user, password }, write)
    }
  })

const prompts = program.command('prompts').description('make and check the sentences that callers hear')
prompts
  .command('build')
  .description('synthesise every prompt whose text changed; recordings of your own are left alone')
  .option('--root <folder>', 'folder of prompts', `${SHIPPED_FOLDER}prompts`)
  .option('--locale <language>', 'only this language')
  .option('--force', 'synthesise all of them', false)
  .action(async (options: { root: string; locale?: string; force: boolean }) => {
    const { promptsBuild } = await import('./cli/prompts.ts')
    process.exitCode = await promptsBuild(options, write)
  })
prompts
  .command('check')
  .description('check format, level, length and freshness of every prompt')
  .option('--root <folder>', 'folder of prompts', `${SHIPPED_FOLDER}prompts`)
  .option('--locale <language>', 'only this language')
  .action(async (options: { root: string; locale?: string }) => {
    const { promptsCheck } = await import('./cli/prompts.ts')
    process.exitCode = await promptsCheck(options, write)
  })

const flows = program
  .command('flows')
  .description('look after flows: what callers are asked for')
  .option('-c, --config <file>', 'configuration file that names the folder; without it ./sotto.yaml when there is one')
const flowsScope = () => ({ ...flows.opts<{ config?: string }>(), shippedFolder: SHIPPED_FOLDER, env: process.env })
flows
  .command('list')
  .description('which flows there are, and which version sessions take')
  .action(async () => {
    const { flowsList } = await import('./cli/flows.ts')
    process.exitCode = flowsList(flowsScope(), write)
  })
flows
  .command('check')
  .description('say what is wrong with a flow, line by line')
  .argument('<flow>', 'a file, the id of a draft, or a version such as card-payment@2')
  .action(async (flow: string) => {
    const { flowsCheck } = await import('./cli/flows.ts')
    process.exitCode = flowsCheck(flowsScope(), flow, write)
  })
flows
  .command('publish')
  .description('check a flow and make it the version that the next sessions take')
  .argument('<flow>', 'a file, or the id of a draft')
  .action(async (flow: string) => {
    const { flowsPublish } = await import('./cli/flows.ts')
    process.exitCode = flowsPublish(flowsScope(), flow, write)
  })
flows
  .command('retire')
  .description('take a version from the next sessions; those that run keep it')
  .argument('<version>', 'such as card-payment@2')
  .action(async (version: string) => {
    const { flowsRetire } = await import('./cli/flows.ts')
    process.exitCode = flowsRetire(flowsScope(), version, write)
  })
flows
  .command('show')
  .description('print a flow as it was written')
  .argument('<flow>', 'an id, for its draft or else its newest version, or a version such as card-payment@2')
  .action(async (flow: string) => {
    const { flowsShow } = await import('./cli/flows.ts')
    process.exitCode = flowsShow(flowsScope(), flow, write)
  })
flows
  .command('new')
  .description('begin a draft as a copy of another flow')
  .argument('<id>', 'id of the new flow')
  .requiredOption('--from <flow>', 'id of the flow that is copied')
  .action(async (id: string, options: { from: string }) => {
    const { flowsNew } = await import('./cli/flows.ts')
    process.exitCode = flowsNew(flowsScope(), id, options.from, write)
  })

const config = program.command('config').description('look after the configuration')
config
  .command('check')
  .description('say what is wrong with a configuration, line by line')
  .argument('[file]', 'configuration file; ./sotto.yaml when absent')
  .action(async (file: string | undefined) => {
    const { configCheck } = await import('./cli/config-check.ts')
    const given = file ?? (existsSync('sotto.yaml') ? 'sotto.yaml' : undefined)
    process.exitCode = await configCheck(
      {
        ...(given === undefined ? {} : { file: given }),
        shippedFolder: SHIPPED_FOLDER,
        env: process.env,
        read: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
        exists: existsSync,
      },
      write,
    )
  })

type ReplayOptions = {
  showDigits: boolean
  json: boolean
  to?: string
  stream?: number
  local?: string
  user?: string
}

function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('a whole number is needed')
  return Number(text)
}

program.exitOverride((error) => {
  // Help and version are no errors; wrong arguments are, and say so with an exit code of their own.
  process.exit(error.exitCode === 0 ? 0 : 2)
})
await program.parseAsync()
