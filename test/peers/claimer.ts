/** Claims a folder in a process of its own, says what came of it, and holds it until it is ended. */

import { claimFolder } from '../../src/base/claim.ts'
import { asFault } from '../../src/base/fault.ts'

try {
  const letGo = claimFolder('audit', process.argv[2] ?? '')
  process.stdout.write('claimed\n')
  // One that nobody could give up any more would be collected, and the claim with it.
  process.once('exit', letGo)
  setInterval(() => undefined, 60_000)
} catch (thrown) {
  process.stdout.write(`${asFault(thrown).code}\n`)
}
