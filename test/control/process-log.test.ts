import t from 'tap'
import { createLog } from '../../src/base/log.ts'
import { logMediaEvent } from '../../src/control/process-log.ts'

function logged(event: Parameters<typeof logMediaEvent>[1]): unknown[] {
  const lines: unknown[] = []
  const write = (line: string): void => void lines.push(JSON.parse(line))
  logMediaEvent(createLog({ level: 'debug', write, wallMs: () => 0, process: 'control' }), event)
  return lines
}

t.test('a media process says how it receives and sends packets, and why not by the addon', async (t) => {
  const pid = 4711
  t.match(logged({ name: 'media.ready', pid, packetIo: { udp: 'addon' } }), [
    { event: 'process.ready', level: 'info', pid, implementation: 'addon', reason: undefined },
  ])
  t.match(logged({ name: 'media.ready', pid, packetIo: { udp: 'dgram', because: 'not-built' } }), [
    { event: 'process.ready', level: 'info', pid, implementation: 'dgram', reason: 'not-built' },
  ])
})

t.test('lost packets are logged by reason, and only reasons that there were', async (t) => {
  const losses = { overflowed: 0, tooLong: 2, full: 0, refused: 0, unreachable: 0, forbidden: 3, unsendable: 0 }
  const lines = logged({ name: 'media.losses', pid: 4711, losses })
  t.match(lines, [
    { event: 'media.packets-lost', level: 'warn', reason: 'too-long', count: 2 },
    { event: 'media.packets-lost', level: 'warn', reason: 'forbidden', count: 3 },
  ])
  t.equal(lines.length, 2)
})
