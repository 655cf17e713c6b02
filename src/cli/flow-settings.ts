/** Which folder of flows a command works on, and what they leave to the configuration: as the server would read it. */

import { existsSync } from 'node:fs'
import { FILE_VARIABLE } from '../base/config-sources.ts'
import { type FlowDefaults, type FlowFolder, flowFolderOf } from '../flow/index.ts'
import { configured, type WriteLine } from './configured.ts'

export type FlowsScope = {
  /** Configuration file; absent: the one that `sotto start` would take. */
  readonly config?: string
  /** Folder that comes with Sotto. */
  readonly shippedFolder: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export type FlowSettings = { readonly flows: FlowFolder; readonly defaults: FlowDefaults }

const DEFAULT_FILE = 'sotto.yaml'

/** @returns the folder, or undefined after having said what is wrong with the configuration. */
export function flowsOf(scope: FlowsScope, write: WriteLine): FlowFolder | undefined {
  return flowSettingsOf(scope, write)?.flows
}

/** @returns folder and defaults, or undefined after having said what is wrong with the configuration. */
export function flowSettingsOf({ config, shippedFolder, env }: FlowsScope, write: WriteLine): FlowSettings | undefined {
  const file = config ?? env[FILE_VARIABLE] ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined)
  const settings = configured({ config: file, shippedFolder, env }, write)
  if (settings === undefined) return undefined
  const { secureInput } = settings
  return { flows: flowFolderOf(() => secureInput, shippedFolder), defaults: secureInput }
}
