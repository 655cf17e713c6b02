/** `sotto replay` and `sotto scrub`: captures of calls. */

import { type Command, Option } from 'commander'
import { seconds, wholeNumber } from './arguments.ts'
import type { Cli } from './cli.ts'

/** Adds them to the program. */
export function addCaptureCommands(program: Command, cli: Cli): void {
  const { write, shippedFolder } = cli
  program
    .command('replay')
    .description('find the RTP streams of a capture and what was keyed in them; or play them as a live call')
    .argument('<file>', 'pcap or pcapng')
    .option('--show-digits', 'print the digits instead of dots', false)
    .option('--json', 'print JSON', false)
    .option('--to <uri>', 'play the capture as a call to this SIP URI, with its own timing')
    .option(
      '--session',
      'put the caller of the capture through a secure session, offline, and say what came of it',
      false,
    )
    .option('--flow <flow>', 'with --session: what the caller is asked for, such as card-payment@2', 'card-payment')
    .option('-c, --config <file>', 'with --session: configuration whose flows and limits count; as in "sotto flows"')
    .addOption(
      new Option('--verdict <word>', 'with --session: what the validation service answers')
        .choices(['accepted', 'declined', 'failed'])
        .default('accepted'),
    )
    .option('--begin <seconds>', 'with --session: when it begins; a second before the first key when absent', seconds)
    .option('--prompt-ms <number>', 'with --session: how long each sentence takes', wholeNumber, 1000)
    .option('--impair <list>', 'with --session: a worse network, as in loss=10,bursts=2,jitter=60,seed=7')
    .option(
      '--stream <number>',
      'which stream; the first playable one, or with --session the most keyed one, when absent',
      wholeNumber,
    )
    .option('--local <address>', 'address to send from')
    .option('--user <account>', 'account to call with; its password is read from SOTTO_REPLAY_PASSWORD')
    .action(async (file: string, options: ReplayOptions) => {
      const { showDigits, json, to, stream, local, user } = options
      if (options.session) {
        const { replaySession } = await import('./replay-session.ts')
        const { flow, config: configFile, verdict, begin, promptMs, impair } = options
        const flowsScope = {
          ...(configFile === undefined ? {} : { config: configFile }),
          shippedFolder,
          env: process.env,
        }
        process.exitCode = await replaySession(
          { file, stream, flow, flowsScope, verdict, beginSeconds: begin, promptMs, impair, showDigits, json },
          write,
        )
      } else if (to === undefined) {
        const { replay } = await import('./replay.ts')
        process.exitCode = await replay({ file, showDigits, json }, write)
      } else {
        const { replayTo } = await import('./replay-to.ts')
        const password = process.env['SOTTO_REPLAY_PASSWORD']
        process.exitCode = await replayTo({ file, to, stream, local, user, password }, write)
      }
    })

  program
    .command('scrub')
    .description(
      'replace every digit that was keyed in a capture, so that it may be stored; the outcome is searched before it gets its name',
    )
    .argument('<in>', 'pcap or pcapng, up to 256 MiB')
    .argument('<out>', 'the scrubbed capture; must not exist yet')
    .option('--with <digits>', 'published test numbers whose digits take the place of those keyed, in their order')
    .option('--silence', 'take key presses out instead of putting others in their place', false)
    .option(
      '--blank-unknown',
      'overwrite what cannot be looked into (other codecs, SRTP, tunnels) instead of giving up',
      false,
    )
    .addHelpText(
      'after',
      `
Without --with every digit becomes a 5. Star, hash and the letters stay. Nothing is printed but counts.
Exit codes: 0 written, 1 nothing was written and why, 2 the arguments are wrong.`,
    )
    .action(
      async (input: string, output: string, options: { with?: string; silence: boolean; blankUnknown: boolean }) => {
        const { scrub } = await import('./scrub.ts')
        const { silence, blankUnknown } = options
        process.exitCode = await scrub({ input, output, digits: options.with, silence, blankUnknown }, write)
      },
    )
}

type ReplayOptions = {
  showDigits: boolean
  json: boolean
  session: boolean
  flow: string
  config?: string
  verdict: 'accepted' | 'declined' | 'failed'
  begin?: number
  promptMs: number
  impair?: string
  to?: string
  stream?: number
  local?: string
  user?: string
}
