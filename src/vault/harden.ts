/**
 * What a vault process does to itself before it may hear of a session, and what came of it. Everything here is one-way. A
 * protection that this machine or this Node does not give is told as `false`, never assumed.
 *
 *   prctl(PR_SET_DUMPABLE, 0)     no core dump, and no other process of the same user may read our memory
 *   prctl(PR_SET_NO_NEW_PRIVS, 1) nothing we run could gain rights
 *   setrlimit(RLIMIT_CORE, 0)     no core file
 *
 * Node's permission model stands already, by the flags of the fork; here the rights that were needed only for starting go.
 */

import { isOfVault } from '../base/freed-memory.ts'
import type { Protections } from './contract.ts'
import { canLockMemory } from './locked-memory.ts'

const PR_SET_DUMPABLE = 4
const PR_GET_DUMPABLE = 3
const PR_SET_NO_NEW_PRIVS = 38
const PR_GET_NO_NEW_PRIVS = 39
const RLIMIT_CORE = 4

type SystemCalls = {
  prctl(option: number, a: bigint, b: bigint, c: bigint, d: bigint): number
  setrlimit(resource: number, limits: Uint8Array): number
}

/** Rights that no session needs, given up once everything is loaded. */
const STARTING_RIGHTS = ['ffi', 'addon'] as const

/**
 * Hardens this process.
 * @param host the process object, given by the entry file.
 */
export async function harden(host: NodeJS.Process): Promise<Protections> {
  const calls = await systemCalls()
  const dumpable = attempt(() => calls?.prctl(PR_SET_DUMPABLE, 0n, 0n, 0n, 0n))
  const dumpableNow = attempt(() => calls?.prctl(PR_GET_DUMPABLE, 0n, 0n, 0n, 0n))
  attempt(() => calls?.prctl(PR_SET_NO_NEW_PRIVS, 1n, 0n, 0n, 0n))
  const noNewPrivileges = attempt(() => calls?.prctl(PR_GET_NO_NEW_PRIVS, 0n, 0n, 0n, 0n))
  const noCore = attempt(() => calls?.setrlimit(RLIMIT_CORE, new Uint8Array(16)))
  const lockedMemory = canLockMemory()
  silenceReports(host)
  dropRights(host)
  return {
    permissionModel: isConfined(host),
    notDumpable: dumpable === 0 && dumpableNow === 0,
    noCoreFile: noCore === 0,
    lockedMemory,
    noInspector: hasNoInspector(host),
    emptyEnvironment: Object.entries(host.env).every(([name, value]) => isOfVault(name, value)),
    noNewPrivileges: noNewPrivileges === 1,
  }
}

/** Node 26 can call the system; older ones cannot, and say so by having no such module. */
async function systemCalls(): Promise<SystemCalls | undefined> {
  try {
    // Named through a variable: the module's types depend on the Node that compiles, its presence on the one that runs.
    const name = 'node:ffi'
    const ffi = (await import(name)) as {
      dlopen(path: null, functions: Record<string, unknown>): { functions: SystemCalls }
    }
    return ffi.dlopen(null, {
      prctl: { arguments: ['i32', 'u64', 'u64', 'u64', 'u64'], return: 'i32' },
      setrlimit: { arguments: ['i32', 'buffer'], return: 'i32' },
    }).functions
  } catch {
    return undefined
  }
}

function attempt(call: () => number | undefined): number | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}

/** A diagnostic report holds stacks and values; none is written, whatever happens. */
function silenceReports(host: NodeJS.Process): void {
  try {
    host.report.reportOnFatalError = false
    host.report.reportOnUncaughtException = false
    host.report.reportOnSignal = false
  } catch {
    // Under the permission model reports cannot be written anyway.
  }
}

function dropRights(host: NodeJS.Process): void {
  const permission = permissionOf(host)
  for (const right of STARTING_RIGHTS) {
    try {
      permission?.drop?.(right)
    } catch {
      // Older Nodes cannot give a right up, or have none of this name.
    }
  }
}

/** What of Node's permission model is used; absent when it is off. */
type Permission = { has(right: string): boolean; drop?(right: string): void }

function permissionOf(host: NodeJS.Process): Permission | undefined {
  return (host as unknown as { permission?: Permission }).permission
}

function isConfined(host: NodeJS.Process): boolean {
  const permission = permissionOf(host)
  return permission !== undefined && !['fs.write', 'child', 'worker', 'wasi'].some((right) => permission.has(right))
}

function hasNoInspector(host: NodeJS.Process): boolean {
  const inspects = host.execArgv.some((flag) => flag.startsWith('--inspect'))
  const permission = permissionOf(host)
  return !inspects && host.execArgv.includes('--disable-sigusr1') && permission !== undefined
}
