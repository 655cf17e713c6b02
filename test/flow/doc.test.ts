import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Compile } from 'typebox/schema'
import { parse } from 'yaml'
import { flowSchemaText, withFlowTables } from '../../scripts/make-flow-doc.ts'
import { openFlowFolder } from '../../src/flow/folder.ts'
import { readFlow } from '../../src/flow/read.ts'
import { flowText } from './texts.ts'

const ROOT = join(import.meta.dirname, '../..')
const document = readFileSync(join(ROOT, 'docs/FLOWS.md'), 'utf8')
const schema = Compile(JSON.parse(flowSchemaText()))

t.test('the published schema and the tables are those of the source: run node scripts/make-flow-doc.ts', async (t) => {
  t.equal(readFileSync(join(ROOT, 'docs/flow.schema.json'), 'utf8'), flowSchemaText())
  t.equal(document, withFlowTables(document))
})

t.test('the example in the document is good', async (t) => {
  const [, text = ''] = /```yaml\n([\s\S]+?)```/.exec(document) ?? []
  t.match(readFlow(text), { flow: { id: 'card-payment-of-ours' } })
  t.ok(schema.Check(parse(text)), 'and fits the published schema')
})

t.test('the published schema takes what comes with Sotto', async (t) => {
  const flows = openFlowFolder({ folder: join(ROOT, 'flows') })
  for (const { id } of flows.list()) t.ok(schema.Check(parse(flows.text(id) ?? '')), id)
})

t.test('the published schema finds what an editor should mark', async (t) => {
  const bad = [
    flowText('step: []', 'steps: [validate]'),
    flowText('steps: [colect]'),
    flowText('steps: [{ colect: pin }]'),
    flowText('steps: [{ collect: pin, times: 2 }]'),
    flowText('fields: { pin: pine }', 'steps: [validate]'),
    flowText('fields: { pin: { atempts: 3 } }', 'steps: [validate]'),
    flowText('fields: { pin: { prompts: { aks: a } } }', 'steps: [validate]'),
  ]
  for (const text of bad) t.notOk(schema.Check(parse(text)), text)
  const good = flowText('steps:', '  - { collect: pin, label: a }', '  - validate:', '  - label: b', '  - say: [a, b]')
  t.ok(schema.Check(parse(good)))
})
