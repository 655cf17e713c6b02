/**
 * What is done to the processes of a server, to the network and to the validation service in the middle of secure sessions: planned from a
 * seed, and carried out when the session that was picked gets to the state that was picked.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { getPriority, setPriority } from 'node:os'
import { pause } from '../../src/demo/waiting.ts'
import type { BadLine } from './bad-line.ts'
import type { Sotto } from './sotto.ts'
import type { ValidationPeer } from './validation-peer.ts'

export const STRIKES = [
  'vault-kill',
  'vault-stop',
  'media-kill',
  'media-stop',
  'control-stop',
  'stutter',
  'starve',
  'lossy-line',
  'held-line',
  'service-hangs',
  'service-resets',
] as const
export type StrikeKind = (typeof STRIKES)[number]

/** States of a session in which it is struck; each is recognised by what the server told last. */
export const MOMENTS = [
  'parting',
  'handing',
  'asking',
  'half-keyed',
  'submitting',
  'telling',
  'returning',
  'rejoined',
  'renewing',
] as const
export type Moment = (typeof MOMENTS)[number]

export type Strike = {
  readonly kind: StrikeKind
  readonly moment: Moment
  /** Which of the sessions of the wave is waited for. */
  readonly victim: number
  /** From the moment to the strike. */
  readonly delayMs: number
  /** How long it lasts; 0 for a kill. */
  readonly forMs: number
}

/** A strike that was carried out. `untilMs` is when what it did was undone. */
export type Struck = Strike & { readonly atMs: number; readonly untilMs: number }

export type Field = {
  readonly sotto: Sotto
  readonly validation: ValidationPeer
  readonly lines: readonly BadLine[]
}

/** Longest wait from each moment to the strike: as long as the state lasts, so that every place in it is met. */
const WITHIN_MS: Readonly<Record<Moment, number>> = {
  parting: 5,
  handing: 10,
  asking: 1500,
  'half-keyed': 400,
  submitting: 400,
  telling: 3000,
  returning: 9000,
  rejoined: 50,
  renewing: 60,
}
/** In these a vault's death takes the caller's socket with it. */
const WITH_VAULT: readonly Moment[] = ['asking', 'half-keyed', 'submitting', 'telling']
/** How often each kind comes; a killed media process ends the whole wave, so that it comes seldom. */
const SHARES: Readonly<Record<StrikeKind, number>> = {
  'vault-kill': 6,
  'vault-stop': 6,
  'media-kill': 2,
  'media-stop': 3,
  'control-stop': 4,
  stutter: 3,
  starve: 3,
  'lossy-line': 2,
  'held-line': 2,
  'service-hangs': 2,
  'service-resets': 2,
}
const STOP_MS = [200, 5000] as const
const DISTURBED_MS = [500, 2500] as const
const LOST_PART = 0.15
const STUTTER_MS = [5, 60] as const
/** As many as there are processors here. */
const BURNERS = 2
const LOWEST = 19

/** @returns so many strikes, each of its kind, moment and length; and a vault's death before each that waits for one. */
export function planStrikes(random: () => number, count: number, sessions: number): readonly Strike[] {
  const kinds = Object.entries(SHARES).flatMap(([kind, share]) => Array<StrikeKind>(share).fill(kind as StrikeKind))
  const plan = (kind: StrikeKind, moment: Moment): Strike => ({
    kind,
    moment,
    victim: Math.floor(random() * sessions),
    delayMs: random() * WITHIN_MS[moment],
    forMs: kind.endsWith('-kill')
      ? 0
      : kind.endsWith('-stop')
        ? evenly(random, STOP_MS)
        : between(random, DISTURBED_MS),
  })
  return Array.from({ length: count }, () => plan(pick(random, kinds), pick(random, MOMENTS))).flatMap((strike) =>
    strike.moment === 'renewing'
      ? [{ ...plan('vault-kill', pick(random, WITH_VAULT)), victim: strike.victim }, strike]
      : [strike],
  )
}

/** Carries a strike out and undoes it after its time. @param random for what a strike does while it lasts. */
export async function strike(field: Field, planned: Strike, random: () => number): Promise<Struck> {
  const atMs = performance.now()
  await carryOut(field, planned, random)
  return { ...planned, atMs, untilMs: performance.now() }
}

async function carryOut({ sotto, validation, lines }: Field, { kind, forMs }: Strike, random: () => number) {
  const { control, media, vault } = processesOf(sotto)
  switch (kind) {
    case 'vault-kill':
      signal(vault, 'SIGKILL')
      return
    case 'media-kill':
      signal(media, 'SIGKILL')
      return
    case 'vault-stop':
      return stopped(vault, forMs)
    case 'media-stop':
      return stopped(media, forMs)
    case 'control-stop':
      return stopped([control], forMs)
    case 'stutter':
      return stutter([control, ...media, ...vault], forMs, random)
    case 'starve':
      return starve([control, ...media, ...vault], forMs)
    case 'lossy-line':
      for (const line of lines) line.lose(LOST_PART)
      await pause(forMs)
      for (const line of lines) line.lose(0)
      return
    case 'held-line':
      for (const line of lines) line.hold(true)
      await pause(forMs)
      for (const line of lines) line.hold(false)
      return
    case 'service-hangs':
    case 'service-resets':
      validation.behave(kind === 'service-hangs' ? 'hang' : 'reset')
      await pause(forMs)
      validation.behave('accept')
      return
  }
}

async function stopped(processIds: readonly number[], forMs: number): Promise<void> {
  signal(processIds, 'SIGSTOP')
  await pause(forMs)
  signal(processIds, 'SIGCONT')
}

async function stutter(processIds: readonly number[], forMs: number, random: () => number): Promise<void> {
  const endMs = performance.now() + forMs
  while (performance.now() < endMs) {
    const one = pick(random, processIds)
    await stopped([one], between(random, STUTTER_MS))
    await pause(between(random, STUTTER_MS))
  }
}

/** Others take the processors, and the server's processes come last. */
async function starve(processIds: readonly number[], forMs: number): Promise<void> {
  const burners = Array.from({ length: BURNERS }, burner)
  const before = processIds.map((pid) => renice(pid, LOWEST))
  await pause(forMs)
  for (const [i, pid] of processIds.entries()) renice(pid, before[i] ?? LOWEST)
  for (const child of burners) child.kill('SIGKILL')
}

function burner(): ChildProcess {
  return spawn(process.execPath, ['-e', 'for (;;);'], { env: {}, stdio: 'ignore' })
}

/** @returns how nice it was before. */
function renice(pid: number, value: number): number {
  try {
    const before = getPriority(pid)
    setPriority(pid, value)
    return before
  } catch {
    // It has died meanwhile.
    return value
  }
}

/** A process that has died meanwhile takes no signal. */
function signal(processIds: readonly number[], name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  for (const pid of processIds) {
    try {
      process.kill(pid, name)
    } catch {
      // Gone.
    }
  }
}

type Processes = ReturnType<Sotto['processes']>

/** @returns who runs now; asked again when somebody ended in the middle of the look. */
export function processesOf(sotto: Sotto): Processes {
  for (let tries = 0; ; tries++) {
    try {
      return sotto.processes()
    } catch (thrown) {
      if (tries === 5) throw thrown
    }
  }
}

function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T
}

function between(random: () => number, [least, most]: readonly [number, number]): number {
  return least + random() * (most - least)
}

/** As many short ones as long ones: below a second nobody is taken for dead. */
function evenly(random: () => number, [least, most]: readonly [number, number]): number {
  return least * (most / least) ** random()
}
