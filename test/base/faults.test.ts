import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { faultsDoc } from '../../scripts/make-faults-doc.ts'
import type { FaultRow } from '../../src/base/fault-row.ts'
import { faults } from '../../src/base/faults.ts'

t.test('every row says what a person can do', async (t) => {
  const rows: [string, FaultRow][] = Object.entries(faults)
  for (const [code, row] of rows) {
    t.match(code, /^[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*$/, code)
    t.ok(row.sip >= 400 && row.sip < 700, `${code} has a SIP status of refusal`)
    t.ok(row.http >= 400 && row.http < 600, `${code} has an HTTP status of refusal`)
    t.match(row.title, /^[A-Z].*[^.]$/, `${code} has a title without a full stop`)
    t.match(row.advice, /^[A-Z].*\.$/, `${code} has advice in a sentence`)
  }
})

t.test('docs/FAULTS.md is made from the table: run node scripts/make-faults-doc.ts', async (t) => {
  t.equal(readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'FAULTS.md'), 'utf8'), faultsDoc())
})
