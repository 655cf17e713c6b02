/**
 * What the command `sotto` can do, in words a person reads before anything else. Commands are declared in `*-commands.ts`, and
 * carried out by a file each beside those.
 */

import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addCaptureCommands } from './capture-commands.ts'
import type { Cli } from './cli.ts'
import { addDirectoryCommands } from './directory-commands.ts'
import { addFlowCommands } from './flow-commands.ts'
import { addOperationCommands } from './operation-commands.ts'
import { linesTo, onceUnread } from './output.ts'
import { addProofCommands } from './proof-commands.ts'
import { addRecordingCommands } from './recording-commands.ts'
import { addServingCommands } from './serving-commands.ts'
import { addValidationCommands } from './validation-commands.ts'

/** Declares every command, and carries out the one that was asked for. */
export async function runProgram({
  file,
  shippedFolder,
  control,
}: Pick<Cli, 'file' | 'shippedFolder' | 'control'>): Promise<void> {
  const program = new Command('sotto')
    .description(
      'SIP/RTP media server that takes card numbers from callers without anybody hearing, seeing or logging them.',
    )
    .version(JSON.parse(readFileSync(`${shippedFolder}package.json`, 'utf8')).version)
    .showHelpAfterError('(sotto --help tells more)')
    .addHelpText(
      'after',
      `
Begin here:
  sotto demo                  one whole call with a secure session on this machine, and the proof that nothing leaked
  sotto start                 a server on loopback with two sample phones; with a sotto.yaml, your own
  sotto config check          what is wrong with sotto.yaml and the files that it names

Exit codes: 0 done, 1 it did not work, 2 the configuration or the arguments are wrong.`,
    )

  // Before the commands are added, which take it over.
  program.exitOverride((error) => {
    // Help and version are no errors; wrong arguments are, and say so with an exit code of their own.
    process.exit(error.exitCode === 0 ? 0 : 2)
  })

  const cli = {
    write: linesTo(process.stdout),
    shippedFolder,
    file,
    control,
    endUnread: (): void => onceUnread(() => process.kill(process.pid, 'SIGTERM')),
  }
  addServingCommands(program, cli)
  addOperationCommands(program, cli)
  addDirectoryCommands(program, cli)
  addProofCommands(program, cli)
  addCaptureCommands(program, cli)
  addRecordingCommands(program, cli)
  addFlowCommands(program, cli)
  addValidationCommands(program, cli)

  await program.parseAsync()
}
