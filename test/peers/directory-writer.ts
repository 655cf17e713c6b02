/** A process that changes one user of a directory over and over, and says each time which number is on the disk. Killed by its test. */

import { randomBytes } from 'node:crypto'
import { clockFrom } from '../../src/base/clock.ts'
import { completed, openDirectory } from '../../src/directory/index.ts'

const directory = await openDirectory({
  store: { file: process.argv[2] ?? '' },
  clock: clockFrom({ now: () => performance.now(), setTimeout, clearTimeout }),
  wallMs: Date.now,
  random: randomBytes,
  onEvent: () => undefined,
})
for (let number = Number(process.argv[3] ?? 1); ; number++) {
  const body = completed('users', { displayName: String(number) })
  await directory.change('writer', () => ({ changes: [{ kind: 'users', name: 'counter', body }] }))
  process.stdout.write(`${number}\n`)
}
