/** Claims a folder in a process of its own, says what came of it, and holds it until it is ended. */

import { claimFolder } from '../../src/base/claim.ts'
import { asFault } from '../../src/base/fault.ts'

try {
  claimFolder('audit', process.argv[2] ?? '')
  process.stdout.write('claimed\n')
  setInterval(() => undefined, 60_000)
} catch (thrown) {
  process.stdout.write(`${asFault(thrown).code}\n`)
}
