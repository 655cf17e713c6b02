import t from 'tap'
import { anAttestation } from '../../src/audit/contract.ts'
import { overwritingTunables, TUNABLES } from '../../src/base/freed-memory.ts'
import { attest, missingIn, type ProcView } from '../../src/control/attestation.ts'
import { watchVaults } from '../../src/control/vault-watch.ts'
import type { Protections } from '../../src/vault/contract.ts'

const CLAIMS: Protections = {
  permissionModel: true,
  notDumpable: true,
  noCoreFile: true,
  lockedMemory: true,
  noInspector: true,
  emptyEnvironment: true,
  noNewPrivileges: true,
}

const FILES: Readonly<Record<string, string>> = {
  '/proc/7/status': 'Name:\tnode\nVmLck:\t     128 kB\nNoNewPrivs:\t1\nSeccomp:\t2\n',
  '/proc/7/limits':
    'Limit                     Soft Limit           Hard Limit           Units\nMax core file size        0                    0                    bytes\nMax locked memory         8388608              8388608              bytes\n',
  '/proc/7/cmdline': ['node', '--permission', '--allow-net', '--disable-sigusr1', 'vault.ts', ''].join('\0'),
  '/proc/7/environ': [
    'NODE_CHANNEL_FD=3',
    'NODE_CHANNEL_SERIALIZATION_MODE=advanced',
    `${TUNABLES}=${overwritingTunables({})}`,
    '',
  ].join('\0'),
  '/proc/sys/kernel/yama/ptrace_scope': '1\n',
}

/** @param changes files in place of the good ones; undefined for one that cannot be read. @param owner of the process's folder. */
function machine(changes: Readonly<Record<string, string | undefined>> = {}, owner = 0, ownUser = 1000): ProcView {
  const files: Readonly<Record<string, string | undefined>> = { ...FILES, ...changes }
  return { read: (path) => files[path], ownerOf: () => owner, ownUser }
}

const seenOf = (proc: ProcView, name: keyof Protections) =>
  attest(7, CLAIMS, proc).protections.find((protection) => protection.name === name)?.seen

t.test('a vault that has what it claims', async (t) => {
  const attestation = attest(7, CLAIMS, machine())
  t.ok(anAttestation(attestation), 'fits into an audit record')
  t.ok(attestation.protections.every(({ claimed, seen }) => claimed && seen === 'yes'))
  t.match(attestation, { seccomp: 2, lockedKb: 128, lockableKb: 8192, ptraceScope: 1 })
  t.same(missingIn(attestation), [])
})

for (const [name, path, text] of [
  ['permissionModel', '/proc/7/cmdline', 'node\0--disable-sigusr1\0vault.ts\0'],
  ['permissionModel', '/proc/7/cmdline', 'node\0--permission\0--allow-fs-write=*\0vault.ts\0'],
  ['noInspector', '/proc/7/cmdline', 'node\0--permission\0--disable-sigusr1\0--inspect=9229\0vault.ts\0'],
  ['noInspector', '/proc/7/cmdline', 'node\0--permission\0vault.ts\0'],
  ['noCoreFile', '/proc/7/limits', 'Max core file size        unlimited            unlimited            bytes\n'],
  ['emptyEnvironment', '/proc/7/environ', 'NODE_CHANNEL_FD=3\0NODE_OPTIONS=--inspect\0'],
  ['emptyEnvironment', '/proc/7/environ', `NODE_CHANNEL_FD=3\0${TUNABLES}=glibc.malloc.perturb=0\0`],
  ['noNewPrivileges', '/proc/7/status', 'NoNewPrivs:\t0\n'],
] as const) {
  t.test(`a vault that claims ${name} and does not have it: ${JSON.stringify(text).slice(0, 60)}`, async (t) => {
    const proc = machine({ [path]: text })
    t.equal(seenOf(proc, name), 'no')
    t.ok(missingIn(attest(7, CLAIMS, proc)).includes(name))
  })
}

t.test('a process that may be dumped belongs to its user; root cannot tell', async (t) => {
  t.equal(seenOf(machine({}, 1000), 'notDumpable'), 'no')
  t.equal(seenOf(machine({}, 0), 'notDumpable'), 'yes')
  t.equal(seenOf(machine({}, 0, 0), 'notDumpable'), 'unknown')
})

t.test('what cannot be read is unknown, and no reason to think worse of a vault than it says', async (t) => {
  const blind: ProcView = { read: () => undefined, ownerOf: () => undefined, ownUser: 1000 }
  const attestation = attest(7, CLAIMS, blind)
  t.ok(attestation.protections.every(({ seen }) => seen === 'unknown'))
  t.same(missingIn(attestation), [])
  t.same(missingIn(attest(7, { ...CLAIMS, lockedMemory: false }, blind)), ['lockedMemory'], 'its own word is enough')
})

t.test('memory: a low limit proves nothing, nor does nothing locked yet', async (t) => {
  const low = 'Max locked memory         65536                65536                bytes\n'
  const nothing = { '/proc/7/status': 'VmLck:\t       0 kB\n' }
  t.equal(seenOf(machine({ ...nothing, '/proc/7/limits': low }), 'lockedMemory'), 'unknown')
  t.equal(seenOf(machine(nothing), 'lockedMemory'), 'yes', 'there is room')
})

t.test('what a vault lacks is logged, and forgotten with it', async (t) => {
  const faults: string[] = []
  const log = {
    info: () => undefined,
    fault: (thrown: unknown) => void faults.push(String(Object(thrown).detail.reason)),
  }
  const watch = watchVaults(log, machine())
  watch.ready(7, CLAIMS)
  t.same([watch.missing, faults], [[], []])
  watch.ready(7, { ...CLAIMS, noCoreFile: false })
  t.same([watch.missing, faults], [['noCoreFile'], ['noCoreFile']])
  t.ok(watch.attestationOf(7))
  watch.lost(7)
  t.same(watch.missing, [])
  t.equal(watch.attestationOf(7), undefined)
})
