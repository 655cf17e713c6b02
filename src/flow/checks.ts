/** What is wrong with a flow beyond each field and the paths: counts, names in the request, times, and card numbers where none may be. */

import { holdsCardNumber } from '../base/card-text.ts'
import { sizeOf } from './compile.ts'
import type { Report } from './read.ts'
import type { Flow } from './terms.ts'

/** As many as a plan takes (`vault/contract.ts`), the agent's form left room for. */
const FIELDS_MAX = 16
const INSERTS_MAX = 32
const STEPS_MAX = 100
const NAME_MAX_CHARS = 64
/** What XML cannot carry (XML 1.0 section 2.2). */
const UNWRITABLE = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u

export function furtherProblems(flow: Flow, report: Report): void {
  if (flow.fields.length > FIELDS_MAX) {
    report(
      ['fields'],
      `There are ${flow.fields.length} fields.`,
      `Ask for at most ${FIELDS_MAX}; split the flow for more.`,
    )
  }
  const size = flow.steps.reduce((sum, step) => sum + sizeOf(step, []), 0)
  if (size > STEPS_MAX) {
    report(['steps'], `These are ${size} steps; each item of an insert is one.`, `Write at most ${STEPS_MAX}.`)
  }
  checkInserts(flow, report)
  checkTimes(flow, report)
}

function checkInserts({ fields, steps }: Flow, report: Report): void {
  const names = new Set(fields.map(({ name }) => name))
  let count = 0
  for (const [at, step] of steps.entries()) {
    if (step.do !== 'insert') continue
    for (const { name, value } of step.inserts) {
      count += 1
      // The path leaves the name out where it may hold what must not be repeated.
      const path = ['steps', at, 'insert']
      if (holdsCardNumber(name) || holdsCardNumber(value)) {
        report(
          path,
          'There is a card number here.',
          'Remove it: a flow file is plain text, and only callers key card numbers.',
        )
      } else if (name.length > NAME_MAX_CHARS || UNWRITABLE.test(name) || UNWRITABLE.test(value)) {
        report(path, 'This cannot be sent along.', 'Use names of at most 64 characters, and no control characters.')
      } else if (names.has(name)) {
        report(
          [...path, name],
          'Something before it has this name in the request.',
          'Give each item a name of its own.',
        )
      }
      names.add(name)
    }
  }
  if (count > INSERTS_MAX) report(['steps'], `There are ${count} inserts.`, `Insert at most ${INSERTS_MAX}.`)
}

function checkTimes({ sessionSeconds, fields, steps }: Flow, report: Report): void {
  if (sessionSeconds === undefined) return
  const says = 'This is longer than the session.'
  const advice = 'Raise sessionSeconds, or lower this.'
  for (const { name, firstDigitSeconds } of fields) {
    if (firstDigitSeconds !== undefined && firstDigitSeconds >= sessionSeconds) {
      report(['fields', name, 'firstDigitSeconds'], says, advice)
    }
  }
  for (const [at, step] of steps.entries()) {
    if (step.do === 'ask-agent' && step.seconds >= sessionSeconds) report(['steps', at, 'ask-agent'], says, advice)
  }
}
