/** A capture does not outlive whoever asked for it, however he ends. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../../src/demo/waiting.ts'
import { isAlive } from '../peers/leak-watch.ts'

const CAPTURER = `
import { startWireCapture } from '${new URL('../../src/leak/wire-capture.ts', import.meta.url)}'
await startWireCapture(process.argv[1], 'udp port 9')
process.stdout.write('captures\\n')
setInterval(() => undefined, 1000)
`

t.test('a killed process takes its capture with it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-capture-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', CAPTURER, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const dumpcap = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim())
  t.match(readFileSync(`/proc/${dumpcap}/cmdline`, 'latin1'), /dumpcap/)
  child.kill('SIGKILL')
  await once(child, 'exit')
  await until(() => !isAlive(dumpcap), 'the end of the capture', 20_000)
  t.pass('it is gone')
})
