/** A capture does not outlive whoever asked for it, however he ends. */

import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../../src/demo/waiting.ts'
import { startWireCapture } from '../../src/leak/wire-capture.ts'
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

t.test('a capture ends at its size, and says that it did', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-capture-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  t.teardown(() => socket.close())
  await once(socket, 'listening')
  const { port } = socket.address()
  const capture = await startWireCapture(folder, `udp port ${port}`, 'lo', 1)
  t.teardown(() => capture.stop())
  const flood = setInterval(() => {
    for (let i = 0; i < 20; i++) socket.send(Buffer.alloc(5000), port, '127.0.0.1')
  }, 5)
  t.teardown(() => clearInterval(flood))
  await until(() => (statSync(capture.file, { throwIfNoEntry: false })?.size ?? 0) >= 1e6, 'a full capture', 20_000)
  clearInterval(flood)
  const { packets, missing } = await capture.stop()
  t.ok([...packets].length > 100)
  t.match(missing(), /^the capture was full after \d+ s, at 1 MB: test again/)
  t.equal((await capture.stop()).missing(), missing(), 'and again')
})

t.test('a capture that was killed is not whole', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-capture-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const capture = await startWireCapture(folder, 'udp port 9')
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ')
  const dumpcap = children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('dumpcap'))
  process.kill(Number(dumpcap), 'SIGKILL')
  await until(() => !isAlive(Number(dumpcap)), 'the end of the capture', 20_000)
  const { packets, missing } = await capture.stop()
  t.equal([...packets].length, 0)
  t.match(missing(), /^dumpcap ended by itself after \d+ s, and dumpcap did not tell how many packets it lost/)
  rmSync(capture.file)
  await t.rejects(capture.stop(), { message: /^dumpcap left no capture: / })
})
