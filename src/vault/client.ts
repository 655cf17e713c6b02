/**
 * Control's side of the vaults: a small pool of processes, watched and replaced, and the sessions in them. Runs in control; holds
 * ids, counts and handles on their way, and nothing else.
 *
 *   ping every 200 ms; a process that stops is noticed within 1 s -> SIGKILL, the sessions are lost, a new process after a pause that grows
 */

import type { ForkOptions } from 'node:child_process'
import type { Endpoint } from '../base/channel.ts'
import type { Clock } from '../base/clock.ts'
import { fault } from '../base/fault.ts'
import { overwritingTunables, TUNABLES } from '../base/freed-memory.ts'
import type { Milliseconds } from '../base/units.ts'
import type { Protections } from './contract.ts'
import { vaultFlags } from './flags.ts'
import { createKeySlip } from './key-slip.ts'
import { planFlaw } from './plan-flaw.ts'
import type { VaultPool } from './pool.ts'
import { VaultProcess } from './vault-process.ts'

/** What the pool needs of a child process. */
export type VaultChild = Endpoint & {
  readonly pid?: number | undefined
  kill(signal: 'SIGKILL'): boolean
  on(event: 'exit', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** What became of the processes; ids and numbers only. */
export type VaultPoolEvent =
  | { readonly type: 'ready'; readonly processId: number; readonly protections: Protections }
  | { readonly type: 'prompts-missing'; readonly processId: number }
  | { readonly type: 'prompts-reloaded'; readonly processId: number }
  | { readonly type: 'bad-message'; readonly processId: number }
  | { readonly type: 'lost'; readonly processId: number; readonly stalled: boolean; readonly sessions: number }

export type VaultPoolOptions = {
  /** How many processes; at least 1. */
  readonly processes: number
  /** Path of the entry file, `vault.ts` or what it was compiled to. */
  readonly entry: string
  /** Folder with a folder of clips per locale. */
  readonly promptsFolder: string
  /** Folder that holds the program and its packages: all that a vault may read beside the prompts. */
  readonly appFolder: string
  readonly clock: Clock
  /** Major version of the Node that runs: which flags it knows. */
  readonly nodeMajor: number
  /** `fork` of node:child_process. */
  readonly fork: (entry: string, args: readonly string[], options: ForkOptions) => VaultChild
  readonly onEvent: (event: VaultPoolEvent) => void
}

/** From a fork to its first word at the latest. */
const START_MS: Milliseconds = 15_000
const PAUSE_MS: Milliseconds = 100
const PAUSE_MAX_MS: Milliseconds = 4000

/** Makes a pool; `start` starts it. */
export function createVaultPool(options: VaultPoolOptions): VaultPool {
  const { clock, fork, entry, promptsFolder, onEvent } = options
  const running = new Set<VaultProcess>()
  let losses = 0
  let closed = false

  const launch = (): VaultProcess => {
    const child = fork(entry, [], {
      execArgv: vaultFlags(options.nodeMajor, [options.appFolder, promptsFolder]),
      env: { [TUNABLES]: overwritingTunables({}) },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    })
    const vault = new VaultProcess({
      child,
      clock,
      promptsFolder,
      startMs: START_MS,
      onReady: (protections) => {
        losses = 0
        onEvent({ type: 'ready', processId: vault.processId, protections })
      },
      onPromptsMissing: () => onEvent({ type: 'prompts-missing', processId: vault.processId }),
      onPromptsReloaded: () => onEvent({ type: 'prompts-reloaded', processId: vault.processId }),
      onBad: () => onEvent({ type: 'bad-message', processId: vault.processId }),
      onGone: (stalled, sessions) => {
        running.delete(vault)
        if (closed) return
        onEvent({ type: 'lost', processId: vault.processId, stalled, sessions })
        clock.after(Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** losses++), () => {
          if (!closed) launch()
        })
      },
    })
    running.add(vault)
    return vault
  }
  const best = (): VaultProcess | undefined =>
    [...running].filter(({ ready }) => ready).sort((a, b) => a.sessions - b.sessions)[0]

  const keySlip = createKeySlip(() =>
    [...running].flatMap(({ processId, publicKey }) =>
      publicKey === undefined ? [] : [[processId, publicKey] as const],
    ),
  )

  return {
    keySlip,
    async start() {
      const started = await Promise.all(Array.from({ length: Math.max(1, options.processes) }, () => launch().started))
      if (!started.includes(true)) throw fault('vault.cannot-start')
    },
    begin(session) {
      const vault = closed ? undefined : best()
      if (vault === undefined) throw fault('vault.not-available')
      if (planFlaw(session.plan) !== undefined) throw fault('vault.bad-plan')
      return vault.begin(session)
    },
    get available() {
      return !closed && best() !== undefined
    },
    get protections() {
      return [...running].flatMap(({ protections }) => (protections === undefined ? [] : [protections]))
    },
    get processIds() {
      return [...running].map(({ processId }) => processId)
    },
    reloadPrompts() {
      for (const vault of running) vault.configure()
    },
    async close() {
      closed = true
      await Promise.all([...running].map((vault) => vault.close()))
    },
  }
}
