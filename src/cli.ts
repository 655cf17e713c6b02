#!/usr/bin/env node
/** The command `sotto`. A server begins anew at once: whatever were read before that would be read twice. */

import { beginAnew } from './cli/begin-anew.ts'
import { holdSignals } from './control/held-signals.ts'

const shippedFolder = new URL('..', import.meta.url).pathname
const isServer = process.argv[2] === 'start'

if (isServer) beginAnew(shippedFolder)
// Before the program is read, which takes longest of a start.
const signals = isServer ? holdSignals() : undefined
const { runProgram } = await import('./cli/program.ts')
await runProgram({
  file: import.meta.filename,
  shippedFolder,
  control: async () => {
    const { runControl } = await import('./control.ts')
    return (input) => runControl(input, signals)
  },
})
