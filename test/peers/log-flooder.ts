/** Writes lines into the log of control for as long as it takes them, faster than anybody reads; says on standard error how it stands, and ends once all is read. */

import { setImmediate } from 'node:timers/promises'
import { clockFrom } from '../../src/base/clock.ts'
import { openLog } from '../../src/control/own-log.ts'

const ROUND = 500
/** Lines, several times of what may wait. */
const MOST = 300_000

const clock = clockFrom({ now: () => performance.now(), setTimeout, clearTimeout })
const { log, lines } = openLog('debug', clock, (line) => process.stderr.write(`${line}\n`))
for (let written = 0; lines.dropped === 0 && written < MOST; written += ROUND) {
  for (let at = 0; at < ROUND; at++) log.debug('control.stopped')
  await setImmediate()
}
const { dropped, available } = lines
process.stderr.write(`${JSON.stringify({ dropped, available, unreadOctets: process.stdout.writableLength })}\n`)
