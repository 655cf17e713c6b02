/** Runs under a vault's flags, hardened like a vault, and tries what a vault must not be able to do. Tells what was possible. */

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import * as inspector from 'node:inspector'
import { writeHeapSnapshot } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { harden } from '../../src/vault/harden.ts'

const protections = await harden(process)

const attempts: Readonly<Record<string, () => unknown>> = {
  'write a file': () => writeFileSync('/tmp/sotto-probe', 'x'),
  'read another file': () => readFileSync('/etc/passwd'),
  'start a process': () => {
    const { error } = spawnSync('/bin/true')
    if (error !== undefined) throw error
  },
  'start a worker': () => new Worker('0', { eval: true }),
  'open the inspector': () => inspector.open(0, '127.0.0.1'),
  'write a heap snapshot': () => writeHeapSnapshot('/tmp/sotto-probe.heapsnapshot'),
  'write a report': () => process.report.writeReport('/tmp/sotto-probe.json'),
  'make code out of a string': () => new Function('return 1')(),
  'call the system': () => process.getBuiltinModule('node:ffi').dlopen(null, {}),
  'load an addon': () => process.dlopen({ exports: {} }, '/lib/x86_64-linux-gnu/libc.so.6'),
}
const possible: string[] = []
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    attempt()
    possible.push(name)
  } catch {
    // As it should be.
  }
}
process.send?.({ protections, possible })
