/** What the pools of media and vault processes are made with, by the configuration and this machine. */

import { type ForkOptions, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import type { Clock } from '../base/clock.ts'
import { compileCacheOf } from '../base/compile-cache.ts'
import type { Config } from '../base/config.ts'
import type { Log } from '../base/log.ts'
import type { Protections } from '../vault/contract.ts'
import { mediaLateMs, mediaOptions } from './media-options.ts'
import { raised } from './priority.ts'
import { logMediaEvent, logVaultEvent } from './process-log.ts'
import { withSnapshotFlags } from './snapshot-flags.ts'
import type { VaultWatch } from './vault-watch.ts'

type Parts = {
  /** As it is just now: processes are made by that of the start. */
  readonly config: () => Config
  readonly clock: Clock
  readonly log: Log
  /** @returns the path of the entry file of a process. */
  readonly entryFile: (name: 'media' | 'vault') => string
}

type VaultEvent =
  | { readonly type: 'ready'; readonly processId: number; readonly protections: Protections }
  | { readonly type: 'lost'; readonly processId: number; readonly stalled: boolean; readonly sessions: number }
  | { readonly type: 'bad-message' | 'prompts-missing' | 'prompts-reloaded'; readonly processId: number }

/** @param appFolder all that a vault may read beside the prompts. */
export function vaultPoolOptions(parts: Parts, appFolder: string, watch: VaultWatch) {
  const { vault, secureInput, media } = parts.config()
  return {
    processes: vault.processes,
    entry: parts.entryFile('vault'),
    promptsFolder: secureInput.promptsFolder,
    codecs: media.codecs,
    appFolder,
    clock: parts.clock,
    nodeMajor: Number(process.versions.node.split('.')[0]),
    fork: (entry: string, args: readonly string[], options: ForkOptions) => raised(fork(entry, args, options)),
    onEvent: (event: VaultEvent) => {
      if (event.type === 'ready') watch.ready(event.processId, event.protections)
      if (event.type === 'lost') watch.lost(event.processId)
      logVaultEvent(parts.log, event)
    },
  }
}

export function mediaPoolOptions(parts: Parts) {
  return {
    ...mediaOptions(parts.config(), availableParallelism()),
    get lateMs() {
      return mediaLateMs(parts.config())
    },
    entry: parts.entryFile('media'),
    fork: (entry: string, args: readonly string[], options: ForkOptions) =>
      raised(fork(entry, [...args], withSnapshotFlags(withCompileCache(options), process.execArgv))),
    clock: parts.clock,
    onEvent: (event: Parameters<typeof logMediaEvent>[1]) => logMediaEvent(parts.log, event),
  }
}

function withCompileCache(options: ForkOptions): ForkOptions {
  return { ...options, env: { ...options.env, ...compileCacheOf(process.env) } }
}
