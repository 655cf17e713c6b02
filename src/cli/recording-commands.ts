/** `sotto recordings`: what was recorded, sealed to certificates, and opening it with the private key of one of them. */

import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { configFileOf } from './config-file.ts'

type FolderOptions = { config?: string; folder?: string }
type KeyOptions = { key: string; certificate?: string; passphraseFile?: string }

/** Adds them to the program. */
export function addRecordingCommands(program: Command, { write, shippedFolder }: Cli): void {
  const folderChoice = ({ config, folder }: FolderOptions) => ({
    config: configFileOf(config),
    folder,
    shippedFolder,
    env: process.env,
  })
  const keyChoice = ({ key, certificate, passphraseFile }: KeyOptions) => ({ key, certificate, passphraseFile })
  const recordings = program.command('recordings').description('list, open and check sealed recordings of calls')

  withFolder(
    recordings.command('list').description('what was recorded, and for whom it is sealed; needs no key'),
  ).action(async (options: FolderOptions) => {
    const { recordingsList } = await import('./recordings-list.ts')
    process.exitCode = recordingsList(folderChoice(options), write)
  })

  withFolder(
    withKey(
      recordings
        .command('open')
        .description('write a recording as a WAV file: the caller on the left, the agent on the right')
        .argument('<recording>', 'file of the recording, or the id of its call'),
    ),
  )
    .option('-o, --out <file>', 'the WAV file; named after the recording, in the working folder, when absent')
    .option('--force', 'write over a file that is there already', false)
    .addHelpText(
      'after',
      `
The WAV file is readable by you alone, and sealed no more: it is yours to keep or to delete.
Exit codes: 0 written, 1 not written, or with silence in place of what could not be opened, 2 the configuration or the arguments are wrong.`,
    )
    .action(async (recording: string, options: FolderOptions & KeyOptions & { out?: string; force: boolean }) => {
      const { recordingsOpen } = await import('./recordings-open.ts')
      const { out, force } = options
      process.exitCode = await recordingsOpen(
        { recording, out, force, ...folderChoice(options), ...keyChoice(options) },
        write,
      )
    })

  withKey(
    recordings
      .command('check')
      .description(
        'say whether recordings are whole, and whether a key was heard near what was withheld; writes no sound',
      )
      .argument('<file...>', 'files of recordings'),
  )
    .addHelpText('after', '\nExit codes: 0 everything holds, 1 something does not, 2 the arguments are wrong.')
    .action(async (files: string[], options: KeyOptions) => {
      const { recordingsCheck } = await import('./recordings-check.ts')
      process.exitCode = await recordingsCheck({ files, ...keyChoice(options) }, write)
    })
}

function withFolder(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration file that names the folder; ./sotto.yaml when there is one')
    .option('--folder <folder>', "folder of the recordings, instead of the configuration's")
}

function withKey(command: Command): Command {
  return command
    .requiredOption('--key <file>', 'private key of a certificate that the recording is sealed to, PEM')
    .option('--certificate <file>', 'that certificate, PEM; every recipient is tried when absent')
    .option('--passphrase-file <file>', 'file whose first line is the passphrase of the key')
}
