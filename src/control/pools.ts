/** The pools of media and vault processes, by the configuration and this machine. */

import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import type { Clock } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import type { Log } from '../base/log.ts'
import { createMediaPool } from '../media/client.ts'
import type { MediaPool } from '../media/pool.ts'
import { createVaultPool } from '../vault/client.ts'
import type { VaultPool } from '../vault/pool.ts'
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

/** @param appFolder all that a vault may read beside the prompts. */
export function vaultPoolOf(parts: Parts, appFolder: string, watch: VaultWatch): VaultPool {
  const { vault, secureInput, media } = parts.config()
  return createVaultPool({
    processes: vault.processes,
    entry: parts.entryFile('vault'),
    promptsFolder: secureInput.promptsFolder,
    codecs: media.codecs,
    appFolder,
    clock: parts.clock,
    nodeMajor: Number(process.versions.node.split('.')[0]),
    fork: (entry, args, options) => raised(fork(entry, args, options)),
    onEvent: (event) => {
      if (event.type === 'ready') watch.ready(event.processId, event.protections)
      if (event.type === 'lost') watch.lost(event.processId)
      logVaultEvent(parts.log, event)
    },
  })
}

export function mediaPoolOf(parts: Parts): MediaPool {
  return createMediaPool({
    ...mediaOptions(parts.config(), availableParallelism()),
    get lateMs() {
      return mediaLateMs(parts.config())
    },
    entry: parts.entryFile('media'),
    fork: (entry, args, options) => raised(fork(entry, [...args], withSnapshotFlags(options, process.execArgv))),
    clock: parts.clock,
    onEvent: (event) => logMediaEvent(parts.log, event),
  })
}
