#!/usr/bin/env node
/** The command `sotto`. A server begins anew at once: whatever were read before that would be read twice. */

import { beginAnew } from './cli/begin-anew.ts'

const shippedFolder = new URL('..', import.meta.url).pathname

if (process.argv[2] === 'start') beginAnew(shippedFolder)
const { runProgram } = await import('./cli/program.ts')
await runProgram({
  file: import.meta.filename,
  shippedFolder,
  control: async () => (await import('./control.ts')).runControl,
})
