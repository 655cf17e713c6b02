#!/usr/bin/env node
/**
 * The command `sotto`: what it can do, in words a person reads before anything else. Commands are declared in `cli/*-commands.ts`, and
 * carried out by a file each beside those.
 */

import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addCaptureCommands } from './cli/capture-commands.ts'
import { addDirectoryCommands } from './cli/directory-commands.ts'
import { addFlowCommands } from './cli/flow-commands.ts'
import { addOperationCommands } from './cli/operation-commands.ts'
import { linesTo, onceUnread } from './cli/output.ts'
import { addProofCommands } from './cli/proof-commands.ts'
import { addServingCommands } from './cli/serving-commands.ts'
import { addValidationCommands } from './cli/validation-commands.ts'

const SHIPPED_FOLDER = new URL('..', import.meta.url).pathname

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

const cli = {
  write: linesTo(process.stdout),
  shippedFolder: SHIPPED_FOLDER,
  file: import.meta.filename,
  control: async () => (await import('./control.ts')).runControl,
  endUnread: (): void => onceUnread(() => process.kill(process.pid, 'SIGTERM')),
}
addServingCommands(program, cli)
addOperationCommands(program, cli)
addDirectoryCommands(program, cli)
addProofCommands(program, cli)
addCaptureCommands(program, cli)
addFlowCommands(program, cli)
addValidationCommands(program, cli)

program.exitOverride((error) => {
  // Help and version are no errors; wrong arguments are, and say so with an exit code of their own.
  process.exit(error.exitCode === 0 ? 0 : 2)
})
await program.parseAsync()
