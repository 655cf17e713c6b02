/**
 * Writes `docs/SIP-STATES.md` from the rows that `test/call/sip-states.test.ts` runs over the real stack. That test makes it again and compares: run
 * `node scripts/make-sip-states-doc.ts` after a change of the rows.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CROSSINGS } from '../test/call/sip-crossing-rows.ts'
import { OFFERS } from '../test/call/sip-offer-rows.ts'
import { AGENT_ROWS, CALLER_ROWS, OUTSIDE_ROWS, type Rows } from '../test/call/sip-state-rows.ts'
import { OUTSIDE, SENDERS } from '../test/peers/sip-outside.ts'
import type { Crossing } from '../test/peers/sip-plays.ts'
import { REQUESTS } from '../test/peers/sip-requests.ts'
import { AGENT_STATES, CALLER_STATES } from '../test/peers/sip-states.ts'

const HEAD = `# What happens to every request in every state

Generated from \`test/call/sip-state-rows.ts\`, \`test/call/sip-crossing-rows.ts\` and \`test/call/sip-offer-rows.ts\` by
\`node scripts/make-sip-states-doc.ts\`; do not edit. \`test/call/sip-states.test.ts\` sends each of these messages to the whole stack,
with a far end on either side and no part of SIP left out, and compares what comes back. After each of them everybody hangs up, and no call, dialog,
transaction, port or timer may be left.

A cell holds the final answer to the request, then what else leaves because of it: on the same leg, on the other leg, and what becomes of the call.
A \`200 with SDP\` is an answer where the request offered, and our offer where it did not. A refused offer changes nothing (RFC 6141).
`

type Table = Readonly<Record<string, { readonly after: string }>>

/** @returns the text of docs/SIP-STATES.md. */
export function sipStatesDoc(): string {
  return [
    HEAD,
    '## The leg that called us\n',
    statesOf(CALLER_STATES),
    tableOf(REQUESTS, CALLER_STATES, CALLER_ROWS),
    '## The leg that we called\n',
    statesOf(AGENT_STATES),
    tableOf(REQUESTS, AGENT_STATES, AGENT_ROWS),
    '## Outside of any dialog\n',
    statesOf(SENDERS),
    tableOf(OUTSIDE, SENDERS, OUTSIDE_ROWS),
    '## Messages that cross, are lost, or come late or twice\n',
    '`caller <` is what the far end that called us gets, `agent <` what the one gets that we called, in their order.\n',
    crossingsOf(CROSSINGS),
    '## Offers that cross, come early or cannot be met\n',
    crossingsOf(OFFERS),
  ].join('\n')
}

function statesOf(states: Readonly<Record<string, string>>): string {
  const lines = Object.entries(states).map(([state, means]) => `- **${state}**: ${means}`)
  return `${lines.join('\n')}\n`
}

function tableOf(names: Table, states: Readonly<Record<string, string>>, rows: Rows<string>): string {
  const columns = Object.keys(states)
  const lines = Object.entries(names).map(([name, { after }]) => {
    const cells = columns.map((state) => cellOf(rows[name] ?? {}, state))
    return `| ${[name, ...cells, after].join(' | ')} |`
  })
  return `${headOf(['Request', ...columns, 'After'])}\n${lines.join('\n')}\n`
}

function cellOf(row: Readonly<Record<string, string>>, state: string): string {
  const found = Object.entries(row).find(([, states]) => states === 'always' || states.split(' ').includes(state))
  return found?.[0] ?? ''
}

function crossingsOf(rows: readonly Crossing[]): string {
  const lines = rows.map(({ says, seen, after }) => `| ${says} | ${seen.join('<br>')} | ${after} |`)
  return `${headOf(['What happens', 'What is seen', 'After'])}\n${lines.join('\n')}\n`
}

function headOf(columns: readonly string[]): string {
  return `| ${columns.join(' | ')} |\n|${columns.map(() => '---').join('|')}|`
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, '..', 'docs', 'SIP-STATES.md'), sipStatesDoc())
