/**
 * Writes `docs/FAULTS.md` from the fault table. A test makes it again and compares: run `node scripts/make-faults-doc.ts` after a change
 * of `src/base/faults.ts`.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FaultRow } from '../src/base/fault-row.ts'
import { faults } from '../src/base/faults.ts'

const HEAD = `# Faults

Generated from \`src/base/faults.ts\` by \`node scripts/make-faults-doc.ts\`; do not edit.

Every way Sotto can fail. The code stands in the log (\`fault.raised\`), in problem documents of the HTTP interface (\`type: /problems/<code>\`) and in the
history of calls. SIP and HTTP are the status that a request gets because of it. Blame says where to look: at the \`client\`, at
this \`server\`, \`upstream\` (what Sotto asks), or at \`none\`, since nothing is wrong.
`

/** @returns the text of docs/FAULTS.md: a table for each room, rows by code. */
export function faultsDoc(): string {
  const rows: [string, FaultRow][] = Object.entries(faults)
  const rooms = [...new Set(rows.map(([code]) => code.split('.')[0] ?? ''))].sort()
  const sections = rooms.map((room) => {
    const own = rows.filter(([code]) => code.startsWith(`${room}.`)).sort(([one], [other]) => (one < other ? -1 : 1))
    const lines = own.map(([code, row]) => {
      const cells = [`\`${code}\``, row.title, row.sip, row.http, row.blame, row.level, row.advice]
      return `| ${cells.map((cell) => String(cell).replace(/\|/g, '\\|')).join(' | ')} |`
    })
    return `## ${room}\n\n| Code | What | SIP | HTTP | Blame | Level | What to do |\n|---|---|---|---|---|---|---|\n${lines.join('\n')}\n`
  })
  return [HEAD, ...sections].join('\n')
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, '..', 'docs', 'FAULTS.md'), faultsDoc())
