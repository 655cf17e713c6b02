/** A program that begins anew as the server does, and tells by which flags. */

import { beginAnew } from '../../src/cli/begin-anew.ts'

beginAnew(new URL('../..', import.meta.url).pathname)
process.stdout.write(JSON.stringify(process.execArgv))
