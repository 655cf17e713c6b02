import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import t from 'tap'
import {
  type Change,
  completed,
  type DirectoryEvent,
  type Kind,
  openDirectory,
  type Picture,
} from '../../src/directory/index.ts'
import { clock, onBothEngines, quickFolder } from './engines.ts'

const put = <K extends Kind>(kind: K, name: string, body: object): Change =>
  ({ kind, name, body: completed(kind, body) }) as Change
const user = (name: string, body: object = {}) => put('users', name, body)
const names = (picture: Picture, kind: Kind) => [...picture.entries[kind].keys()]

onBothEngines(async (t, engine) => {
  const first = await engine.open()
  t.equal(first.picture().generation, 0)
  await first.change('anna', () => ({ changes: [user('bob'), user('Zoe', { phone: 'zoe' }), user('amy')] }))
  await first.change('anna', () => ({ changes: [user('amy', { displayName: 'Amy Ünal' })] }))
  await first.change('carl', () => ({ changes: [{ kind: 'users', name: 'bob', body: undefined }] }))
  const amy = first.picture().entries.users.get('amy')
  t.match(amy, { revision: 2, body: { displayName: 'Amy Ünal', disabled: false, rights: {} } })
  t.same(names(first.picture(), 'users'), ['Zoe', 'amy'])
  const changes = await first.db.selectFrom('changes').selectAll().orderBy('at_ms').orderBy('revision').execute()
  t.same(changes.map(({ name, action, by_whom, revision }) => `${by_whom} ${action} ${name} ${revision}`).toSorted(), [
    'anna changed amy 2',
    'anna created Zoe 1',
    'anna created amy 1',
    'anna created bob 1',
    'carl removed bob 2',
  ])
  await first.stop()
  const again = await engine.open()
  t.same(again.picture(), first.picture(), 'nothing is lost between two openings')
}, 'what was changed is there after the store is opened again')

onBothEngines(async (t, engine) => {
  const directory = await engine.open()
  await directory.change('a', () => ({ changes: [user('bob')] }))
  const before = directory.picture()
  t.same(await directory.change('a', () => ({ refused: 'directory.not-found' })), { refused: 'directory.not-found' })
  t.match(await directory.change('a', () => ({ changes: [user('bob')] })), { changes: [] })
  await t.rejects(
    directory.change('a', () => {
      throw new Error('a defect')
    }),
  )
  t.equal(directory.picture(), before)
  t.equal((await directory.refresh()).generation, before.generation, 'nor has the store counted')
}, 'what is refused, changes nothing or fails leaves the store as it was')

onBothEngines(async (t, engine) => {
  const [one, other] = [await engine.open(), await engine.open()]
  const counted = (directory: typeof one) =>
    directory.change('a', (picture) => {
      const before = picture.entries.users.get('counter')?.body.displayName ?? '0'
      return { changes: [user('counter', { displayName: String(Number(before) + 1) })] }
    })
  await Promise.all(Array.from({ length: 20 }, (_, at) => counted(at % 2 === 0 ? one : other)))
  const picture = await one.refresh()
  t.equal(picture.entries.users.get('counter')?.body.displayName, '20', 'no change was lost')
  t.equal(picture.entries.users.get('counter')?.revision, 20)
}, 'two servers that change one entry at once wait for each other')

onBothEngines(async (t, engine) => {
  const events: DirectoryEvent[] = []
  const [one, other] = [await engine.open(), await engine.open(events)]
  const taken = new Promise<void>((resolve) => void other.subscribe(() => resolve()))
  await one.change('a', () => ({ changes: [user('bob')] }))
  await taken
  t.same(names(other.picture(), 'users'), ['bob'])
  t.match(events, [{ type: 'directory.changed', generation: 1 }])
}, 'what one server changes another takes over by itself')

onBothEngines(async (t, engine) => {
  const directory = await engine.open()
  await directory.db.updateTable('meta').set({ value: 99 }).where('name', '=', 'schema').execute()
  await t.rejects(engine.open(), { code: 'directory.newer', detail: { schema: 99 } })
  const row = await directory.db.selectFrom('meta').select('value').where('name', '=', 'schema').executeTakeFirst()
  t.equal(row?.value, 99, 'and is left as it is')
}, 'a store of a newer program is refused')

onBothEngines(async (t, engine) => {
  const directory = await engine.open()
  await directory.change('a', () => ({ changes: [user('admin')] }))
  t.equal(directory.picture().inCharge, false, 'users alone')
  await directory.change('a', () => ({ changes: [put('workgroups', 'payments', {})] }))
  t.equal(directory.picture().inCharge, true, 'a workgroup')
  await directory.change('a', () => ({ changes: [{ kind: 'workgroups', name: 'payments', body: undefined }] }))
  t.equal((await engine.open()).picture().inCharge, true, 'it stays so when the last one goes')
}, 'the directory is in charge once it holds more than users, and stays so')

onBothEngines(async (t, engine) => {
  const opened = await Promise.all([engine.open(), engine.open(), engine.open()])
  t.same(
    opened.map((each) => each.picture().generation),
    [0, 0, 0],
  )
}, 'servers that start at once on an empty store do not disturb each other')

t.test('what is no database, or cannot be written, is a fault with advice', async (t) => {
  const folder = quickFolder(t)
  writeFileSync(`${folder}/junk`, 'x'.repeat(5000))
  writeFileSync(`${folder}/file`, '')
  const open = (file: string) =>
    openDirectory({ store: { file }, clock, wallMs: Date.now, random: randomBytes, onEvent: () => undefined })
  await t.rejects(open(`${folder}/junk`), { code: 'directory.damaged' })
  await t.rejects(open(`${folder}/file/inside`), { code: 'directory.not-writable' })
  await t.rejects(open('/proc/directory.sqlite'), { code: 'directory.not-writable' })
})
