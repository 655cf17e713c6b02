/**
 * What can be seen from outside of the protections that a vault process claims (N-03): control reads them back from `/proc`, once, when the
 * process is ready. What cannot be seen is `unknown`, never assumed. Pure over the function that reads.
 *
 * | Protection | Seen in |
 * |---|---|
 * | `permissionModel`, `noInspector` | the flags in `cmdline` |
 * | `notDumpable` | whose `/proc/PID` is: root's for a process that may not be dumped (proc(5)); not to be told by root |
 * | `noCoreFile` | `limits`, core file size |
 * | `lockedMemory` | `status`, VmLck; before anything is locked, `limits` |
 * | `emptyEnvironment` | `environ`, where it may be read |
 * | `noNewPrivileges` | `status`, NoNewPrivs |
 */

import type { Attestation } from '../audit/contract.ts'
import { environmentAsGiven, isOfVault } from '../base/freed-memory.ts'
import type { Protections } from '../vault/contract.ts'

export type ProcView = {
  /** @returns the text of a file; undefined when it cannot be read. */
  read(path: string): string | undefined
  /** @returns the user id that a path belongs to. */
  ownerOf(path: string): number | undefined
  /** User id of this process. */
  readonly ownUser: number | undefined
}

type Seen = Attestation['protections'][number]['seen']

/** kB that one session may have locked at a time. */
const LOCKED_NEED_KB = 256

/** @returns claims and what was seen of them. */
export function attest(processId: number, claims: Protections, proc: ProcView): Attestation {
  const status = proc.read(`/proc/${processId}/status`)
  const limits = proc.read(`/proc/${processId}/limits`)
  const flags = proc.read(`/proc/${processId}/cmdline`)?.split('\0')
  const lockedKb = numberIn(status, /^VmLck:\s+(\d+) kB/m)
  const lockable = limits?.match(/^Max locked memory\s+(\S+)/m)?.[1]
  const lockableKb =
    lockable === undefined || lockable === 'unlimited' ? undefined : Math.floor(Number(lockable) / 1024)
  const seen: Record<keyof Protections, Seen> = {
    permissionModel: word(flags?.includes('--permission') && !flags.some((flag) => WIDE.test(flag))),
    notDumpable: seenDump(processId, proc),
    noCoreFile: word(limits && /^Max core file size\s+0\s/m.test(limits)),
    lockedMemory: seenLocked(lockedKb, lockable, lockableKb),
    noInspector: word(flags?.includes('--disable-sigusr1') && !flags.some((flag) => /^--inspect/.test(flag))),
    emptyEnvironment: seenEnvironment(proc.read(`/proc/${processId}/environ`)),
    noNewPrivileges: word(status && /^NoNewPrivs:\s+1$/m.test(status)),
  }
  const seccomp = numberIn(status, /^Seccomp:\s+([012])$/m)
  const ptraceScope = numberIn(proc.read('/proc/sys/kernel/yama/ptrace_scope'), /^([0-3])\s*$/)
  return {
    protections: (Object.keys(seen) as (keyof Protections)[]).map((name) => ({
      name,
      claimed: claims[name],
      seen: seen[name],
    })),
    ...(seccomp === undefined ? {} : { seccomp }),
    ...(lockedKb === undefined ? {} : { lockedKb }),
    ...(lockableKb === undefined ? {} : { lockableKb }),
    ...(ptraceScope === undefined ? {} : { ptraceScope }),
  }
}

/** @returns the protections that are not there, by the process's own word or by what was seen. */
export function missingIn(attestation: Attestation): readonly string[] {
  return attestation.protections.filter(({ claimed, seen }) => !claimed || seen === 'no').map(({ name }) => name)
}

/** Rights of Node's permission model that a vault has no use for. */
const WIDE = /^--allow-(fs-write|child-process|worker|wasi|inspector)/

function word(holds: boolean | '' | undefined): Seen {
  return holds === undefined || holds === '' ? 'unknown' : holds ? 'yes' : 'no'
}

function seenDump(processId: number, { ownUser, ownerOf }: ProcView): Seen {
  if (ownUser === undefined || ownUser === 0) return 'unknown'
  const owner = ownerOf(`/proc/${processId}/status`)
  return owner === undefined ? 'unknown' : word(owner !== ownUser)
}

/** A low limit does not bind a process with CAP_IPC_LOCK: it proves nothing. */
function seenLocked(lockedKb: number | undefined, lockable: string | undefined, lockableKb: number | undefined): Seen {
  if ((lockedKb ?? 0) > 0 || lockable === 'unlimited') return 'yes'
  return (lockableKb ?? 0) >= LOCKED_NEED_KB ? 'yes' : 'unknown'
}

function seenEnvironment(environment: string | undefined): Seen {
  if (environment === undefined) return 'unknown'
  const entries = environmentAsGiven(environment)
    .split('\0')
    .map((entry) => entry.split('='))
  return word(entries.every(([name = '', ...value]) => name === '' || isOfVault(name, value.join('='))))
}

function numberIn(text: string | undefined, pattern: RegExp): number | undefined {
  const found = text === undefined ? undefined : pattern.exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}
