/** Writes the kept outcomes of all replays anew (`test/fixtures/replay/`). Look at what changed before you keep it. */

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { GOLDEN_CASES, replayed } from '../test/replay/golden-cases.ts'

for (const one of GOLDEN_CASES) {
  await mkdir(dirname(one.golden), { recursive: true })
  await writeFile(one.golden, await replayed(one))
  process.stdout.write(`${one.golden}\n`)
}
