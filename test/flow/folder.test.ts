import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { flowFolderOf, openFlowFolder } from '../../src/flow/folder.ts'
import { readFlow } from '../../src/flow/read.ts'
import { defaults, flowText, PIN_FLOW } from './texts.ts'

const ROOT = resolve(import.meta.dirname, '../..')

t.test('a draft becomes a version that nobody changes, and a new one the next', async (t) => {
  const folder = t.testdir({ 'mine.yaml': PIN_FLOW })
  const flows = openFlowFolder({ folder })
  t.same(flows.find('mine'), { result: 'no-flow-version' })
  t.same(flows.publish('mine'), { result: 'published', version: 1 })
  t.same(flows.publish('mine'), { result: 'unchanged', version: 1 })
  const file = join(folder, 'published/mine/1.yaml')
  t.equal(readFileSync(file, 'utf8'), PIN_FLOW)
  t.equal(statSync(file).mode & 0o222, 0, 'nobody may write to it')
  t.match(flows.entry('mine'), { draft: 'published', title: 'Mine' })
  writeFileSync(join(folder, 'mine.yaml'), PIN_FLOW.replace('Mine', 'Ours'))
  t.match(flows.entry('mine'), { draft: 'changed', title: 'Mine' })
  t.same(flows.publish('mine'), { result: 'published', version: 2 })
  t.match(flows.find('mine'), { result: 'found', version: 2, flow: { title: 'Ours' } })
  t.match(flows.find('mine', 1), { result: 'found', version: 1, flow: { title: 'Mine' } })
  t.same(readdirSync(join(folder, 'published/mine')).sort(), ['1.yaml', '2.yaml'], 'nothing is left beside')
})

t.test('a retired version is taken by nobody, and its number by no other', async (t) => {
  const folder = t.testdir({ 'mine.yaml': PIN_FLOW })
  const flows = openFlowFolder({ folder })
  flows.publish('mine')
  flows.publish('mine', PIN_FLOW.replace('Mine', 'Ours'))
  flows.retire('mine', 2)
  flows.retire('mine', 2)
  t.match(flows.find('mine'), { result: 'found', version: 1 })
  t.same(flows.find('mine', 2), { result: 'no-flow-version' })
  flows.retire('mine', 1)
  t.same(flows.find('mine'), { result: 'no-flow-version' })
  t.match(flows.entry('mine')?.versions, [
    { version: 2, state: 'retired' },
    { version: 1, state: 'retired' },
  ])
  t.same(flows.publish('mine'), { result: 'published', version: 3 })
  t.throws(() => flows.retire('mine', 9), { code: 'flow.not-found' })
})

t.test('what one process publishes, another takes with its next session', async (t) => {
  const folder = t.testdir({ 'mine.yaml': PIN_FLOW })
  const [one, other] = [openFlowFolder({ folder }), openFlowFolder({ folder })]
  t.same(other.find('mine'), { result: 'no-flow-version' })
  one.publish('mine')
  t.match(other.find('mine'), { result: 'found', version: 1 })
})

t.test('a flow with mistakes is not published', async (t) => {
  const folder = t.testdir({ 'mine.yaml': PIN_FLOW.replace('validate', 'validat'), 'other.yaml': PIN_FLOW })
  const flows = openFlowFolder({ folder })
  t.match(flows.publish('mine'), { result: 'not-valid', problems: [{ line: 5 }] })
  t.match(flows.publish('other'), { result: 'not-valid', problems: [{ line: 1, says: /called after another/ }] })
  t.notOk(existsSync(join(folder, 'published')))
  t.throws(() => flows.publish('nothing'), { code: 'flow.not-found' })
})

t.test('a version that was damaged is not taken for an older one', async (t) => {
  const folder = t.testdir({ published: { mine: { '1.yaml': PIN_FLOW, '2.yaml': 'id: mine\n' } } })
  t.same(openFlowFolder({ folder }).find('mine'), { result: 'flow-not-usable' })
})

t.test('versions of an administrator count on from those that come with Sotto', async (t) => {
  const dir = t.testdir({ shipped: { 'mine.yaml': PIN_FLOW, published: { mine: { '1.yaml': PIN_FLOW } } }, own: {} })
  const options = { folder: join(dir, 'own'), shippedFolder: join(dir, 'shipped') }
  const flows = openFlowFolder(options)
  t.match(flows.find('mine'), { result: 'found', version: 1 })
  t.same(flows.publish('mine', PIN_FLOW.replace('Mine', 'Ours')), { result: 'published', version: 2 })
  t.match(flows.find('mine'), { result: 'found', version: 2 })
  flows.retire('mine', 1)
  t.same(readdirSync(join(dir, 'shipped/published/mine')), ['1.yaml'], 'what comes with Sotto is only read')
  t.same(flows.find('mine', 1), { result: 'no-flow-version' })
})

t.test('names that lead elsewhere are names of nothing', async (t) => {
  const dir = t.testdir({ 'mine.yaml': PIN_FLOW, flows: {} })
  const flows = openFlowFolder({ folder: join(dir, 'flows') })
  for (const id of ['../mine', '.', '', 'a/b', 'MINE']) {
    t.same(flows.find(id), { result: 'unknown-flow' }, id)
    t.equal(flows.text(id), undefined)
    t.throws(() => flows.publish(id), { code: 'flow.not-found' })
  }
})

t.test('a clip that no language has is told with its line', async (t) => {
  const text = flowText('steps:', '  - say: not-recorded', '  - collect: pin', '  - validate')
  const folder = t.testdir({ 'mine.yaml': text })
  const flows = flowFolderOf(() => ({ ...defaults, flowsFolder: folder, promptsFolder: join(ROOT, 'prompts') }), ROOT)
  t.match(flows.publish('mine'), { result: 'not-valid', problems: [{ line: 4, says: /not-recorded .*languages en/ }] })
  t.match(flows.check(PIN_FLOW.replace('steps:', 'languages: [xx, en]\nsteps:')), [], 'the chain falls back on en')
  t.match(flows.check(PIN_FLOW.replace('steps:', 'languages: xx\nsteps:'))[0], { key: 'languages', line: 3 })
})

t.test('a folder that cannot be written to is told', async (t) => {
  const folder = t.testdir({ 'mine.yaml': PIN_FLOW, published: 'a file where a folder should be' })
  const flows = openFlowFolder({ folder })
  t.throws(() => flows.publish('mine'), { code: 'flow.cannot-write' })
})

t.test('what comes with Sotto is published as it stands, and good', async (t) => {
  const flows = openFlowFolder({ folder: join(ROOT, 'flows') })
  const shipped = flowFolderOf(
    () => ({ ...defaults, flowsFolder: join(ROOT, 'flows'), promptsFolder: join(ROOT, 'prompts') }),
    ROOT,
  )
  const ids = ['bank-account', 'card-on-file', 'card-payment', 'card-payment-assisted', 'one-time-code', 'pin-check']
  t.same(
    flows.list().map(({ id }) => id),
    ids,
  )
  for (const { id, draft, versions } of flows.list()) {
    t.equal(draft, 'published', id)
    t.equal(versions[0]?.state, 'published', id)
    t.same(shipped.check(flows.text(id) ?? '', id), [], id)
  }
})

/** Publishes a long text over and over until it is killed. */
const PUBLISHER = `
import { openFlowFolder } from ${JSON.stringify(join(ROOT, 'src/flow/folder.ts'))}
const flows = openFlowFolder({ folder: process.argv[2] })
for (let n = 0; ; n++) {
  flows.publish('mine', process.argv[3].replace('Mine', 'Mine ' + process.pid + '-' + n))
  if (n === 2) process.stdout.write('under way')
}
`

t.test('killed at any moment, a version is whole or not there', async (t) => {
  const folder = t.testdir({})
  const script = join(t.testdirName, 'publisher.mjs')
  mkdirSync(t.testdirName, { recursive: true })
  writeFileSync(script, PUBLISHER)
  const text = PIN_FLOW + '# a long tail\n'.repeat(5000)
  for (let round = 0; round < 4; round++) {
    const children = [0, 1].map(() => {
      const child = execFile(process.execPath, [script, folder, text])
      return { child, ready: new Promise((ready) => child.stdout?.once('data', ready)) }
    })
    await Promise.all(children.map(({ ready }) => ready))
    await promisify(setTimeout)(Math.random() * 20)
    for (const { child } of children) child.kill('SIGKILL')
    await Promise.all(children.map(({ child }) => new Promise((over) => child.once('exit', over))))
  }
  const names = readdirSync(join(folder, 'published/mine')).filter((name) => name.endsWith('.yaml'))
  const numbers = names.map((name) => Number.parseInt(name, 10)).sort((one, other) => one - other)
  t.ok(numbers.length > 4, `${numbers.length} versions of two at once`)
  t.same(
    numbers,
    numbers.map((_, at) => at + 1),
    'numbered without gap or double',
  )
  for (const name of names) {
    const whole = readFileSync(join(folder, 'published/mine', name), 'utf8')
    t.ok('flow' in readFlow(whole) && whole.length > text.length, name)
  }
  t.match(openFlowFolder({ folder }).find('mine'), { result: 'found', version: numbers.at(-1) })
})

t.test('a folder that cannot be read just now is not taken for an empty one, and is read again', async (t) => {
  const folder = t.testdir({ 'mine.yaml': PIN_FLOW, published: {} })
  const flows = openFlowFolder({ folder })
  const place = join(folder, 'published/mine')
  // A link to itself stands for a process that may open no more files: nobody knows what is behind it.
  symlinkSync('mine', place)
  t.same(flows.find('mine'), { result: 'flow-not-usable' })
  t.throws(() => flows.list(), { code: 'flow.cannot-read' })
  rmSync(place)
  t.same(flows.find('mine'), { result: 'no-flow-version' })
  flows.publish('mine')
  const other = openFlowFolder({ folder })
  rmSync(join(place, '1.yaml'), { force: true })
  mkdirSync(join(place, '1.yaml'))
  t.same(other.find('mine'), { result: 'flow-not-usable' })
  rmSync(join(place, '1.yaml'), { recursive: true })
  writeFileSync(join(place, '1.yaml'), PIN_FLOW)
  t.match(other.find('mine'), { result: 'found', version: 1 }, 'and not remembered as one that cannot be used')
})
