/** What `sotto replay` prints, and that it prints no digit unasked. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { replay } from '../../src/cli/replay.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/captures/', import.meta.url))

async function run(file: string, options: { showDigits?: boolean; json?: boolean } = {}) {
  const lines: string[] = []
  const { showDigits = false, json = false } = options
  const exitCode = await replay({ file, showDigits, json }, (line) => lines.push(line))
  return { exitCode, lines, text: lines.join('\n') }
}

t.test('a key press is a dot', async (t) => {
  const { exitCode, text } = await run(join(FIXTURES, 'dtmf_2833_5.pcap'))
  t.equal(exitCode, 0)
  t.match(text, '192.168.0.3:49176 -> 192.168.0.1:10000  SSRC 0x0E05384E')
  t.match(text, 'telephone-event/8000 (type 101, 10)')
  t.match(text, '10 of 8 expected, 0 lost, 2 duplicate, 0 reordered')
  t.match(text, /keys {5}• {2}\(1\)/)
  t.match(text, /0\.000 s {2}• {2}rfc4733/)
})

t.test('the operator may ask for the key', async (t) => {
  t.match((await run(join(FIXTURES, 'dtmf_2833_star.pcap'), { showDigits: true })).text, /keys {5}\* {2}\(1\)/)
})

t.test('JSON', async (t) => {
  const file = join(FIXTURES, 'dtmf_2833_5.pcap')
  const hidden = JSON.parse((await run(file, { json: true })).text)
  t.match(hidden, { format: 'pcap', packets: 10, cutShort: false, sipMessages: 0, streams: { length: 1 } })
  t.match(hidden.streams[0], {
    ssrc: '0x0E05384E',
    lost: 0,
    duplicates: 2,
    presses: [{ digit: '•', by: 'rfc4733', counted: true }],
  })
  t.notMatch(JSON.stringify(hidden), /"code"/)
  const shown = JSON.parse((await run(file, { json: true, showDigits: true })).text)
  t.equal(shown.streams[0].presses[0].digit, '5')
})

t.test('files that are none', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'replay-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const text = join(folder, 'notes.txt')
  await writeFile(text, 'nothing of the kind')
  const missing = await run(join(folder, 'missing.pcap'))
  t.equal(missing.exitCode, 1)
  t.match(missing.text, 'cannot be read')
  const none = await run(text)
  t.equal(none.exitCode, 1)
  t.match(none.text, 'not a capture')
  t.same(JSON.parse((await run(text, { json: true })).text), { fault: 'replay.not-a-capture' })
})

t.test('a file that is cut short is told as far as it goes', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'replay-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const cut = join(folder, 'cut.pcap')
  const whole = await readFile(join(FIXTURES, 'dtmf_2833_5.pcap'))
  await writeFile(cut, whole.subarray(0, whole.length - 10))
  const { exitCode, text } = await run(cut)
  t.equal(exitCode, 0)
  t.match(text, '9 packets')
  t.match(text, 'ends inside a packet')
  t.match(text, /keys {5}• {2}\(1\)/)
})
