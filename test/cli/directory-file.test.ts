/** `sotto config export|import`, `sotto backup` and `sotto restore`, on both engines. */

import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { backup, restoreBackup } from '../../src/cli/backup.ts'
import { configExport, configImport } from '../../src/cli/config-transfer.ts'
import { createDirectory } from '../../src/control/directory.ts'
import type { Picture } from '../../src/directory/index.ts'
import { clock, type Engine, onBothEngines, quickFolder } from '../directory/engines.ts'

const FILE = `users:
  amy:
    displayName: Amy Ünal
    phone: agent
  bob:
    rights:
      secure-input:start: deny
flows: {}
forms:
  order:
    title: Order
    flow: card-payment
    fields:
      - id: Order number
        required: true
    notes: |
      first line
      second line
workgroups:
  payments:
    members:
      - amy
      - bob
    forms:
      - order
    rights:
      secure-input:view: allow
      secure-input:start: allow
phones: {}
trunks: {}
routes: {}
`
const NOW = new Date('2026-11-27T12:00:00Z')

function cliOn(t: Test, { store }: Engine) {
  const folder = quickFolder(t)
  const where = 'file' in store ? `file: ${store.file}` : `postgresUrl: "${store.postgres.reveal()}"`
  const config = join(folder, 'sotto.yaml')
  writeFileSync(config, `directory: { ${where} }\n`)
  const scope = { config, shippedFolder: new URL('../../', import.meta.url).pathname, env: {} }
  const said: string[] = []
  const run = async (work: (write: (line: string) => void) => Promise<number>) => {
    said.length = 0
    const code = await work((line) => said.push(line))
    return [code, said.join('\n')] as const
  }
  const path = (name: string, text?: string) => {
    if (text !== undefined) writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  return {
    folder,
    path,
    run,
    importText: (text: string, dry = false) => run((write) => configImport(scope, path('in.yaml', text), dry, write)),
    exported: async () => (await run((write) => configExport(scope, undefined, write)))[1],
    backup: (file: string) => run((write) => backup(scope, file, write)),
    restore: (file: string) => run((write) => restoreBackup(scope, file, NOW, write)),
  }
}
const names = (picture: Picture) =>
  Object.fromEntries(Object.entries(picture.entries).map(([kind, rows]) => [kind, [...rows.keys()]]))

onBothEngines(async (t, engine) => {
  const cli = cliOn(t, engine)
  const [dry, shown] = await cli.importText(FILE, true)
  t.equal(dry, 0)
  t.match(shown, /^\+ users\/amy$/m)
  t.match(shown, /^ {4}phone: "agent"$/m)
  t.match(shown, /4 entries would change$/)
  t.same(names((await engine.open()).picture())['users'], [], 'a dry run changes nothing')

  t.match(await cli.importText(FILE), [0, /4 entries changed$/])
  t.match(await cli.importText(FILE), [0, 'nothing to change'])
  const out = await cli.exported()
  t.equal(out.replace(/^(#.*\n)+/, ''), FILE.trimEnd(), 'what comes out is what went in')
  const directory = await engine.open()
  const [change] = await directory.history({ kind: 'forms', name: 'order', skip: 0, limit: 1 })
  t.match(change, { by: 'sotto config import', action: 'created' })

  const renamed = FILE.replace('title: Order', 'title: Orders')
    .replace('      - bob\n', '')
    .replace(/ {2}bob:\n.*\n.*\n/, '')
  const [code, differences] = await cli.importText(renamed)
  t.equal(code, 0)
  t.match(differences, /^- users\/bob$/m)
  t.match(differences, /^~ forms\/order\n {4}title: "Order" -> "Orders"$/m)
  const lines = (await cli.exported()).split('\n')
  t.equal(
    lines.filter((line) => !out.split('\n').includes(line)).join(),
    '    title: Orders',
    'one line of the file changed',
  )
  t.same(names(await directory.refresh())['users'], ['amy'], 'a server that runs takes it over')
}, 'a directory is imported, exported, and imported again')

onBothEngines(async (t, engine) => {
  const cli = cliOn(t, engine)
  await cli.importText(FILE)
  const before = await cli.exported()
  const rows: [string, string, RegExp][] = [
    ['no YAML', 'users: [', /line \d+: This is no YAML/],
    ['a list', '- a', /This is no map/],
    ['a kind that nobody knows', 'people: {}', /people: This kind is not known/],
    ['a key that nobody knows', FILE.replace('phone:', 'fone:'), /users\.amy\.fone: .*Did you mean "phone"/],
    [
      'somebody who is not there',
      FILE.replace('- bob', '- carl'),
      /workgroups\.payments\.members\[1\]: There is no user/,
    ],
    ['a flow that is not published', FILE.replace('card-payment', 'nothing'), /forms\.order\.flow/],
    ['a card number', FILE.replace('first line', '4111111111111111'), /forms\.order\.notes: There is a card number/],
    ['a flow that is none', `flows: { pin-check@9: { text: "x" } }`, /flows\.pin-check@9\./],
    ['a version that a file has', `flows: { pin-check@1: { text: "x" } }`, /another text/],
    ['an alias', 'users: &a { amy: {} }\nforms: *a', /alias/],
    ['who is still needed goes', 'users: {}', /workgroups\.payments\.members/],
  ]
  for (const [sentence, text, says] of rows) {
    const [code, said] = await cli.importText(text)
    t.equal(code, 2, sentence)
    t.match(said, says, sentence)
    t.match(said, /nothing was changed$/, sentence)
    t.notMatch(said, /4111/)
  }
  t.equal(await cli.exported(), before)
}, 'a file with one mistake changes nothing, and says where it is')

onBothEngines(async (t, engine) => {
  const cli = cliOn(t, engine)
  await cli.importText(FILE)
  const before = await cli.exported()
  const running = await engine.open()
  const file = cli.path('backup.sqlite')
  t.match(await cli.backup(file), [0, /written and checked \(2 users, 1 workgroups, 1 forms, 0 flows, 4 changes\)/])
  t.equal(statSync(file).mode & 0o777, 0o600, 'readable for its owner alone')
  await cli.importText(FILE.replace('Amy', 'Other'))
  t.match(await cli.backup(cli.path('no-such-folder/backup')), [1, /backup cannot be written/])
  t.same(
    readdirSync(cli.folder).filter((name) => !/^(backup|in|sotto)\./.test(name)),
    [],
    'nothing is left lying about',
  )
  await running.stop()
  t.match(await cli.restore(file), [
    0,
    /restored \(2 users.*what was there before is in .*before-2026-11-27T12-00-00-000Z/s,
  ])
  t.equal(await cli.exported(), before)
  const aside = readdirSync('file' in engine.store ? dirname(engine.store.file) : cli.folder).find((name) =>
    name.includes('.before-'),
  )
  t.ok(aside, 'and what was there is kept')
}, 'a backup is written while a server runs, and restored when it has stopped')

onBothEngines(async (t, engine) => {
  const cli = cliOn(t, engine)
  await cli.importText(FILE)
  const before = await cli.exported()
  const good = cli.path('good.sqlite')
  await cli.backup(good)
  const octets = readFileSync(good)
  const newer = cli.path('newer.sqlite')
  writeFileSync(newer, octets)
  const database = new DatabaseSync(newer)
  database.exec(`UPDATE meta SET value = 99 WHERE name = 'schema'`)
  database.close()
  const torn = cli.path('torn.sqlite')
  writeFileSync(
    torn,
    octets.map((octet, at) => (at > 4096 && at < 9000 ? octet ^ 0xff : octet)),
  )
  const other = cli.path('other.sqlite')
  new DatabaseSync(other).exec('CREATE TABLE x (y)')
  for (const [file, says] of [
    [newer, /newer version/],
    [torn, /damaged/],
    [other, /damaged/],
    [cli.path('text', 'hello'), /damaged/],
    [cli.path('absent'), /no directory in this file/],
  ] as const) {
    t.match(await cli.restore(file), [1, says], file)
    t.equal(await cli.exported(), before, 'what was there is there')
  }
}, 'what is no backup of this version is not restored')

t.test('a server that runs keeps its file', async (t) => {
  const folder = quickFolder(t)
  const file = join(folder, 'd', 'directory.sqlite')
  const noLog = { info: () => undefined, warn: () => undefined, error: () => undefined, fault: () => undefined }
  const server = createDirectory({ directory: { file } } as never, {
    clock,
    wallMs: Date.now,
    random: randomBytes,
    log: noLog,
  })
  await server.start()
  t.teardown(() => server.stop())
  writeFileSync(join(folder, 'sotto.yaml'), `directory: { file: ${file} }\n`)
  const scope = {
    config: join(folder, 'sotto.yaml'),
    shippedFolder: new URL('../../', import.meta.url).pathname,
    env: {},
  }
  const said: string[] = []
  t.equal(await backup(scope, join(folder, 'b'), (line) => said.push(line)), 0)
  t.equal(await restoreBackup(scope, join(folder, 'b'), NOW, (line) => said.push(line)), 1)
  t.match(said.at(-1), /Another process has the directory/)
})
