import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { flowsCheck, flowsList, flowsNew, flowsPublish, flowsRetire, flowsShow } from '../../src/cli/flows.ts'

const SHIPPED = resolve(import.meta.dirname, '../..')
type Command = (scope: Parameters<typeof flowsList>[0], write: (line: string) => void) => number

/** A folder of flows of its own. @returns what a command says, its exit code first. */
function desk(t: Test) {
  const folder = t.testdir({ 'sotto.yaml': 'secureInput: { flowsFolder: own }\n' })
  const scope = { config: join(folder, 'sotto.yaml'), shippedFolder: SHIPPED, env: {} }
  const run = (command: Command): string => {
    const lines: string[] = []
    const code = command(scope, (line) => lines.push(line))
    return [code, ...lines].join('\n')
  }
  return { folder, run }
}

t.test('from a copy to a version, and back', async (t) => {
  const { folder, run } = desk(t)
  const draft = join(folder, 'own/ours.yaml')
  t.match(
    run((scope, write) => flowsNew(scope, 'ours', 'card-payment', write)),
    /^0\n.*ours\.yaml is a copy of card-payment\n.*publish ours/,
  )
  t.match(readFileSync(draft, 'utf8'), /^id: ours$/m)
  t.match(
    run((scope, write) => flowsNew(scope, 'ours', 'card-payment', write)),
    /^1\nThere is a draft of this flow already\. Edit/,
  )
  t.match(run(flowsList), /ours +Card payment: not published/)
  t.equal(
    run((scope, write) => flowsCheck(scope, 'ours', write)),
    '0\nours: good',
  )
  t.equal(
    run((scope, write) => flowsPublish(scope, 'ours', write)),
    '0\nours@1 is published: the next sessions take it',
  )
  t.equal(
    run((scope, write) => flowsPublish(scope, draft, write)),
    '0\nours@1 is this text already: nothing to publish',
  )
  writeFileSync(draft, readFileSync(draft, 'utf8').replace('Card payment', 'Our payment'))
  t.match(run(flowsList), /ours +Card payment: sessions take version 1; the draft differs/)
  t.equal(
    run((scope, write) => flowsPublish(scope, draft, write)),
    '0\nours@2 is published: the next sessions take it',
  )
  t.match(
    run((scope, write) => flowsShow(scope, 'ours@1', write)),
    /title: Card payment/,
  )
  t.match(
    run((scope, write) => flowsShow(scope, 'ours', write)),
    /title: Our payment/,
  )
  t.match(
    run((scope, write) => flowsRetire(scope, 'ours@2', write)),
    /^0\nours@2 is retired.*\nthe next ones take ours@1$/,
  )
  t.match(run(flowsList), /ours +Our payment: sessions take version 1; retired: 2/)
  t.match(
    run((scope, write) => flowsRetire(scope, 'ours@1', write)),
    /no version of ours is left/,
  )
})

t.test('what comes with Sotto can be made one’s own', async (t) => {
  const { folder, run } = desk(t)
  run((scope, write) => flowsNew(scope, 'card-payment', 'card-payment', write))
  const draft = join(folder, 'own/card-payment.yaml')
  writeFileSync(draft, readFileSync(draft, 'utf8').replace('Card payment', 'Our payment'))
  t.match(
    run((scope, write) => flowsPublish(scope, 'card-payment', write)),
    /card-payment@2 is published/,
  )
  t.match(run(flowsList), /card-payment +Our payment: sessions take version 2/)
})

t.test('mistakes are told by line, and nothing is published', async (t) => {
  const { folder, run } = desk(t)
  const file = join(folder, 'bad.yaml')
  writeFileSync(file, 'id: bad\ntitle: Bad\nsteps:\n  - collect: pin\n  - validat\n')
  const line = `${file}:5: steps[1]: This is not a step. Did you mean "validate"?`
  t.equal(
    run((scope, write) => flowsCheck(scope, file, write)),
    `1\n${line}\n1 mistake`,
  )
  t.equal(
    run((scope, write) => flowsPublish(scope, file, write)),
    `1\n${line}\n1 mistake; nothing was published`,
  )
  t.notMatch(run(flowsList), /^bad /m)
})

t.test('wrong arguments say what is right', async (t) => {
  const { run } = desk(t)
  t.match(
    run((scope, write) => flowsCheck(scope, 'nothing', write)),
    /^2\nThere is no flow and no file nothing/,
  )
  t.match(
    run((scope, write) => flowsPublish(scope, './nothing.yaml', write)),
    /^2\nThere is no flow and no file/,
  )
  t.match(
    run((scope, write) => flowsRetire(scope, 'card-payment', write)),
    /^2\n.*write it like card-payment@2/,
  )
  t.match(
    run((scope, write) => flowsRetire(scope, 'card-payment@9', write)),
    /^1\nThere is no such flow or version/,
  )
  t.match(
    run((scope, write) => flowsNew(scope, 'Ours', 'card-payment', write)),
    /^2\nOurs cannot be the id/,
  )
  t.match(
    run((scope, write) => flowsNew(scope, 'ours', 'nothing', write)),
    /^2\nThere is no flow/,
  )
  t.match(
    run((scope, write) => flowsShow(scope, 'nothing', write)),
    /^2\n/,
  )
  const lines: string[] = []
  t.equal(
    flowsList({ config: 'no-such-file.yaml', shippedFolder: SHIPPED, env: {} }, (line) => lines.push(line)),
    2,
  )
  t.match(lines, [/cannot be read/])
})
