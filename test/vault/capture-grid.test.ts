/** The capture machine: a table that says what every state makes of every event, and what holds for each step of it. */

import t from 'tap'
import { stepCapture } from '../../src/vault/capture.ts'
import type { CaptureEffect, CaptureState } from '../../src/vault/capture-terms.ts'
import { checkGrid } from '../peers/grid.ts'
import { events, plan, states, words } from './capture-words.ts'

/** What every state makes of every event: the state that follows. */
const cells: Readonly<Record<string, string>> = {
  starting: `
    began -> saying
    barred -> returning
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: other again again-all go-on
    bug: digit terminator clear escape more-time pressed kept-more-may-come kept-whole played first-key-lapsed next-key-lapsed agent-lapsed session-lapsed good bad accepted declined settled
  `,
  saying: `
    terminator -> asking
    pressed -> asking
    played -> asking
    session-lapsed -> telling
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: other again again-all go-on
    bug: began barred digit clear escape more-time kept-more-may-come kept-whole first-key-lapsed next-key-lapsed agent-lapsed good bad accepted declined settled
  `,
  'saying, late': `
    terminator -> saying
    pressed -> asking
    played -> asking
    session-lapsed -> telling
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: other again again-all go-on
    bug: began barred digit clear escape more-time kept-more-may-come kept-whole first-key-lapsed next-key-lapsed agent-lapsed good bad accepted declined settled
  `,
  'saying to the end': `
    played -> asking
    session-lapsed -> telling
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: terminator other pressed again again-all go-on
    bug: began barred digit clear escape more-time kept-more-may-come kept-whole first-key-lapsed next-key-lapsed agent-lapsed good bad accepted declined settled
  `,
  asking: `
    digit -> keying
    terminator -> checking
    clear -> asking
    escape -> telling
    played -> listening
    session-lapsed -> telling
    again -> asking
    again-all -> asking
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: more-time other go-on
    bug: began barred pressed kept-more-may-come kept-whole first-key-lapsed next-key-lapsed agent-lapsed good bad accepted declined settled
  `,
  'asking, late': `
    digit -> keying
    terminator -> asking
    clear -> asking
    escape -> telling
    played -> listening
    session-lapsed -> telling
    again -> asking
    again-all -> asking
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: more-time other go-on
    bug: began barred pressed kept-more-may-come kept-whole first-key-lapsed next-key-lapsed agent-lapsed good bad accepted declined settled
  `,
  'asking once more': `
    digit -> keying
    terminator -> checking
    clear -> asking
    escape -> telling
    more-time -> asking
    played -> listening
    session-lapsed -> telling
    again -> asking
    again-all -> asking
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: other go-on
    bug: began barred pressed kept-more-may-come kept-whole first-key-lapsed next-key-lapsed agent-lapsed good bad accepted declined settled
  `,
  listening: `
    digit -> keying
    terminator -> checking
    clear -> asking
    escape -> telling
    more-time -> asking
    first-key-lapsed -> asking
    session-lapsed -> telling
    again -> asking
    again-all -> asking
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: other go-on
    bug: began barred pressed kept-more-may-come kept-whole played next-key-lapsed agent-lapsed good bad accepted declined settled
  `,
  'listening, late': `
    digit -> keying
    terminator -> listening
    clear -> asking
    escape -> telling
    first-key-lapsed -> asking
    session-lapsed -> telling
    again -> asking
    again-all -> asking
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: more-time other go-on
    bug: began barred pressed kept-more-may-come kept-whole played next-key-lapsed agent-lapsed good bad accepted declined settled
  `,
  keying: `
    digit -> keying
    terminator -> checking
    clear -> asking
    kept-whole -> checking
    next-key-lapsed -> checking
    session-lapsed -> telling
    again -> asking
    again-all -> asking
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: other kept-more-may-come go-on
    bug: began barred escape more-time pressed played first-key-lapsed agent-lapsed good bad accepted declined settled
  `,
  checking: `
    session-lapsed -> telling
    good -> submitting
    bad -> telling
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: other again again-all go-on
    bug: began barred digit terminator clear escape more-time pressed kept-more-may-come kept-whole played first-key-lapsed next-key-lapsed agent-lapsed accepted declined settled
  `,
  'checking what is keyed twice': `
    session-lapsed -> telling
    good -> asking
    bad -> asking
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: other again again-all go-on
    bug: began barred digit terminator clear escape more-time pressed kept-more-may-come kept-whole played first-key-lapsed next-key-lapsed agent-lapsed accepted declined settled
  `,
  'checking the second': `
    session-lapsed -> telling
    good -> reading
    bad -> asking
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: other again again-all go-on
    bug: began barred digit terminator clear escape more-time pressed kept-more-may-come kept-whole played first-key-lapsed next-key-lapsed agent-lapsed accepted declined settled
  `,
  reading: `
    terminator -> saying
    clear -> asking
    played -> confirming
    session-lapsed -> telling
    again -> asking
    again-all -> asking
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: digit escape more-time other go-on
    bug: began barred pressed kept-more-may-come kept-whole first-key-lapsed next-key-lapsed agent-lapsed good bad accepted declined settled
  `,
  'reading, late': `
    terminator -> reading
    clear -> asking
    played -> confirming
    session-lapsed -> telling
    again -> asking
    again-all -> asking
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: digit escape more-time other go-on
    bug: began barred pressed kept-more-may-come kept-whole first-key-lapsed next-key-lapsed agent-lapsed good bad accepted declined settled
  `,
  confirming: `
    terminator -> saying
    clear -> asking
    first-key-lapsed -> asking
    session-lapsed -> telling
    again -> asking
    again-all -> asking
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: digit escape more-time other go-on
    bug: began barred pressed kept-more-may-come kept-whole played next-key-lapsed agent-lapsed good bad accepted declined settled
  `,
  submitting: `
    session-lapsed -> overdue
    accepted -> telling
    declined -> asking
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: digit terminator clear escape more-time other pressed played again again-all go-on
    bug: began barred kept-more-may-come kept-whole first-key-lapsed next-key-lapsed agent-lapsed good bad settled
  `,
  overdue: `
    accepted -> telling
    declined -> telling
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: digit terminator clear escape more-time other pressed played again again-all go-on
    bug: began barred kept-more-may-come kept-whole first-key-lapsed next-key-lapsed agent-lapsed session-lapsed good bad settled
  `,
  waiting: `
    agent-lapsed -> telling
    session-lapsed -> telling
    again -> asking
    again-all -> asking
    go-on -> telling
    cancelled -> telling
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: digit terminator clear escape more-time other pressed played
    bug: began barred kept-more-may-come kept-whole first-key-lapsed next-key-lapsed good bad accepted declined settled
  `,
  telling: `
    played -> returning
    cancelled -> returning
    stopped-back -> returning
    stopped-gone -> ended
    broken -> ended
    ignored: digit terminator clear escape more-time other pressed again again-all go-on
    bug: began barred kept-more-may-come kept-whole first-key-lapsed next-key-lapsed agent-lapsed session-lapsed good bad accepted declined settled
  `,
  returning: `
    stopped-gone -> ended
    settled -> ended
    broken -> ended
    ignored: digit terminator clear escape more-time other pressed again again-all go-on cancelled stopped-back
    bug: began barred kept-more-may-come kept-whole played first-key-lapsed next-key-lapsed agent-lapsed session-lapsed good bad accepted declined
  `,
  ended: `
    ignored: digit terminator clear escape more-time other pressed again again-all go-on cancelled stopped-back stopped-gone broken
    bug: began barred kept-more-may-come kept-whole played first-key-lapsed next-key-lapsed agent-lapsed session-lapsed good bad accepted declined settled
  `,
}
t.test('every state has an answer to every event', async (t) => {
  checkGrid(
    t,
    { states, events, cells },
    (state, event) => {
      const step = stepCapture(plan, state, event)
      const [, ...effects] = step
      checkInvariants(t, state, effects)
      return step
    },
    ([state]) => state.at,
  )
})

/** Wiped comes before told, told before said, and nothing is submitted or kept after it. */
function checkInvariants(
  t: { ok(value: unknown, what: string): boolean },
  from: CaptureState,
  effects: readonly CaptureEffect[],
): void {
  const order = effects.map(words)
  const at = (begin: string) => order.findIndex((effect) => effect.startsWith(begin))
  const last = (begin: string) => order.findLastIndex((effect) => effect.startsWith(begin))
  const wipe = order.indexOf('wipe')
  if (wipe >= 0) {
    t.ok(wipe < at('tell wiped'), 'wiped before it is told')
    const taken = ['submit', 'keep', 'check', 'arm', 'open', 'press', 'read-back']
    t.ok(!taken.some((word) => last(word) > wipe), 'nothing is taken up after it')
  }
  const leaves = effects.some((effect) => ['give-back', 'close', 'settle', 'play-outcome'].includes(effect.do))
  const isWiped = ['telling', 'returning', 'ended'].includes(from.at)
  if (leaves && !isWiped) t.ok(wipe >= 0, 'no way out without a wipe')
}
