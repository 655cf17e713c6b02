/** Where the configuration of this server comes from: its file and its environment, read at the start and with every reload. */

import { readFile } from 'node:fs/promises'
import { type ConfigOutcome, readConfig } from '../base/config.ts'
import { diskFiles } from '../base/config-files.ts'

export type ConfigSource = {
  readonly fileName: string | undefined
  /** Folder of the files that come with Sotto. */
  readonly shippedFolder: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** @param text of the file; undefined where there is none. @returns what it, the environment and the defaults make together. */
export function configFrom({ fileName, shippedFolder, env }: ConfigSource, text: string | undefined): ConfigOutcome {
  return readConfig({
    ...(text === undefined ? {} : { text }),
    ...(fileName === undefined ? {} : { fileName }),
    shippedFolder,
    env,
    read: diskFiles.read,
  })
}

/** Reads the file again. @returns undefined when it cannot be read. */
export async function readAgain(source: ConfigSource): Promise<ConfigOutcome | undefined> {
  if (source.fileName === undefined) return configFrom(source, undefined)
  const text = await readFile(source.fileName, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : configFrom(source, text)
}
