/** Events of calls as lines of the log. */

import t from 'tap'
import { createLog, MISFIT } from '../../src/base/log.ts'
import type { CallEvent } from '../../src/call/index.ts'
import { logCallEvent } from '../../src/control/call-log.ts'

function lineOf(event: CallEvent): Record<string, unknown> {
  const lines: string[] = []
  const log = createLog({ level: 'info', process: 'control', wallMs: () => 0, write: (line) => void lines.push(line) })
  logCallEvent(log, event)
  return JSON.parse(lines.join()) as Record<string, unknown>
}

const UUID = '0123456789abcdef0123456789abcdef'
const BRIDGED = {
  type: 'call.bridged',
  atMs: 0,
  callId: 'call-a',
  agent: 'alice',
  ringMs: 1,
  callerUuid: UUID,
  agentUuid: UUID,
} as const

t.test('who took a call is named by the account; a PBX has none, and that is no mistake', async (t) => {
  t.match(lineOf(BRIDGED), { event: 'call.bridged', callId: 'call-a', account: 'alice', agentUuid: UUID })
  const line = lineOf({ ...BRIDGED, agent: '' })
  t.equal(line['event'], 'call.bridged')
  t.notOk('account' in line)
  t.notOk(JSON.stringify(line).includes(MISFIT))
})
