/** `sotto calls`, `sotto trace`, `sotto reload` and `sotto health`: looking after a server that runs, or ran. */

import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { FILE_VARIABLE } from '../base/config-sources.ts'
import { wholeNumber } from './arguments.ts'
import type { CallsOptions } from './calls.ts'
import type { Cli } from './cli.ts'
import { onceUnread } from './output.ts'
import type { ServerChoice } from './running-server.ts'
import type { TraceOptions } from './trace.ts'

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
      'calls that began then or later: 2026-11-27 or 2026-11-27T12:00, both UTC, 2026-11-27T12:00+01:00, or how long ago: 30m, 12h, 7d',
    )
    .option('--until <time>', 'calls that began before')
    .option('--number <number>', 'who called or was called; with a * at its end, how the number begins')
    .option('--agent <account>', "account of the agent's phone")
    .option('--trunk <name>', 'trunk of the call')
    .option('--ending <word>', 'why it ended, as in the list')
    .option('--session <uuid>', "the caller's or the agent's half of Session-ID (RFC 7989), or how it begins")
    .option('--limit <count>', 'how many at most; all of them when absent for --csv and --json', wholeNumber)
    .option('--csv', 'print CSV', false)
    .option('--json', 'print JSON, one object a line', false)
    .action(async (options: CallsOptions & { config?: string }) => {
      const { calls } = await import('./calls.ts')
      const config = configOf(options.config)
      process.exitCode = calls({ ...options, config, nowMs: Date.now(), shippedFolder, env: process.env }, write)
    })

  program
    .command('trace')
    .description('draw the SIP messages of a running server as they come, without their bodies')
    .option('--call <id>', 'of one call that stands; ends with it, or when a secure session begins')
    .option('--number <number>', 'of calls of or to a number')
    .option('--all', 'of everybody; calls in secure sessions are left out', false)
    .option('--seconds <count>', 'how long at most, up to 3600', wholeNumber, 600)
    .option('--headers', 'print the headers under each arrow', false)
    .option('--pcap <file>', 'write a capture for Wireshark')
    .option(
      '-c, --config <file>',
      'configuration of the server, for its address and a token; ./sotto.yaml when there is one',
    )
    .option('--api <url>', 'its HTTP API, instead')
    .option('--token-file <file>', 'file with a token for it, instead')
    .action(async (options: TraceOptions & { config?: string }) => {
      const { trace } = await import('./trace.ts')
      const stop = new AbortController()
      process.once('SIGINT', () => stop.abort())
      process.once('SIGTERM', () => stop.abort())
      onceUnread(() => stop.abort())
      const config = configOf(options.config)
      process.exitCode = await trace(
        { ...options, config, shippedFolder, env: process.env, signal: stop.signal },
        write,
      )
    })

  program
    .command('reload')
    .description('have a running server take its changed configuration, without touching calls')
    .option(
      '-c, --config <file>',
      'configuration of the server, for its address and a token; ./sotto.yaml when there is one',
    )
    .option('--api <url>', 'its HTTP API, instead')
    .option('--token-file <file>', 'file with a token for it, instead')
    .action(async (options: ServerChoice & { config?: string }) => {
      const { reload } = await import('./reload.ts')
      const config = configOf(options.config)
      process.exitCode = await reload({ ...options, config, shippedFolder, env: process.env }, write)
    })

  program
    .command('health')
    .description('say whether a server on this machine may be sent calls: exit code 0 or 1, and why')
    .option('--live', 'whether it answers, no more: what drains or waits for a vault is to be left alone', false)
    .option('-c, --config <file>', 'configuration of the server, for its address; ./sotto.yaml when there is one')
    .action(async (options: { live: boolean; config?: string }) => {
      const { health } = await import('./health.ts')
      const config = configOf(options.config)
      process.exitCode = await health({ ...options, config, shippedFolder, env: process.env }, write)
    })
}

function configOf(given: string | undefined): string | undefined {
  return given ?? process.env[FILE_VARIABLE] ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined)
}
