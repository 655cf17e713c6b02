/** What Sotto is run by: the unit of systemd, the image, and the composition, as far as they can be judged without running them. */

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'

const ROOT = new URL('../', import.meta.url).pathname
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const unit = read('packaging/sotto.service')

/** The lines of a Dockerfile without comments, stage by stage. */
function stagesOf(text: string): readonly (readonly (readonly string[])[])[] {
  const lines = text.split('\n').filter((line) => /^[A-Z]+ /.test(line))
  const rows = lines.map((line) => line.trim().split(/\s+/))
  const starts = rows.flatMap(([word], at) => (word === 'FROM' ? [at] : []))
  return starts.map((from, at) => rows.slice(from, starts[at + 1]))
}

t.test('the unit is one that systemd understands', async (t) => {
  // What it starts is not installed here: something that is stands in its place.
  const file = join(t.testdir(), 'sotto.service')
  writeFileSync(file, unit.replaceAll('/usr/bin/node', '/bin/true').replace('file:/opt/sotto', 'file:/opt'))
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' })
  t.equal(status, 0, stderr)
  t.notMatch(stderr, /sotto\.service:/, 'no line is ignored or unknown')
})

t.test('the unit gives away little', async (t) => {
  const { status, stdout } = spawnSync(
    'systemd-analyze',
    ['security', '--offline=true', '--threshold=20', '--no-pager', join(ROOT, 'packaging/sotto.service')],
    { encoding: 'utf8' },
  )
  t.equal(status, 0, `exposure above 2.0:\n${stdout.slice(-500)}`)
  const figure = /Overall exposure level for sotto\.service: ([\d.]+)/.exec(stdout)?.[1]
  t.match(read('docs/OPERATION.md'), `gives it ${figure}.`, 'the document says what it is')
})

t.test('the unit: not root, nothing to write to but its state, time to drain, reload without a restart', async (t) => {
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1]
  t.equal(value('User'), 'sotto')
  t.equal(value('ProtectSystem'), 'strict')
  t.equal(value('CapabilityBoundingSet'), '')
  t.equal(value('NoNewPrivileges'), 'yes')
  t.equal(value('ExecReload'), '/bin/kill -HUP $MAINPID')
  t.equal(value('Type'), 'exec', 'nobody speaks to systemd: with notify-reload it would wait for an answer')
  t.ok(Number(value('TimeoutStopSec')) > 300, 'longer than drainSeconds')
  t.notOk(unit.includes('ReadWritePaths'), 'the state folder alone')
  for (const [, path] of unit.matchAll(/^Environment=SOTTO_\w+=(\/\S+)$/gm))
    t.match(path, /^\/var\/lib\/sotto\//, `${path} lies in it`)
})

t.test('the image: everything that is copied is there, and is not left out of the context', async (t) => {
  const ignored = read('.dockerignore').split('\n').filter(Boolean)
  const stages = stagesOf(read('Dockerfile'))
  const names = stages.map(([from]) => from?.[3])
  let copied = 0
  for (const stage of stages) {
    for (const [word, ...given] of stage) {
      if (word !== 'COPY') continue
      const sources = given.filter((each) => !each.startsWith('--')).slice(0, -1)
      const from = given.find((each) => each.startsWith('--from='))?.slice('--from='.length)
      copied += 1
      if (from !== undefined) t.ok(names.includes(from), `${from} is a stage before`)
      else {
        for (const source of sources) {
          t.ok(existsSync(join(ROOT, source)), source)
          t.notOk(ignored.includes(source.replace(/^\.\//, '').split('/')[0] ?? ''), `${source} is in the context`)
        }
      }
    }
  }
  t.ok(copied >= 8)
  const { files } = JSON.parse(read('package.json')) as { files: readonly string[] }
  const last = stages.at(-1) ?? []
  const copiedLast = last.flatMap(([word, ...given]) => (word === 'COPY' ? given : []))
  for (const folder of ['flows', 'media', 'prompts']) {
    t.ok(files.includes(folder), `${folder} is in the package`)
    t.ok(copiedLast.includes(folder), `and in the image`)
  }
})

t.test('the image runs as nobody special, and can be run without writing to its root', async (t) => {
  const last = stagesOf(read('Dockerfile')).at(-1) ?? []
  const value = (word: string) => last.find(([first]) => first === word)?.slice(1)
  t.strictSame(value('USER'), ['node'])
  const [user, entry] = ['USER', 'ENTRYPOINT'].map((word) => last.findIndex(([first]) => first === word))
  t.ok((user ?? 9) < (entry ?? 0), 'before anything is started')
  t.notOk(
    last.slice(user).some(([word]) => word === 'RUN' || word === 'COPY'),
    'nothing is changed afterwards',
  )
  const [volume = '?'] = value('VOLUME') ?? []
  for (const setting of (value('ENV') ?? []).filter((each) => each.startsWith('SOTTO_')))
    t.match(setting, `=${volume}/`, 'what is written lies on the volume')
  t.match((value('ENTRYPOINT') ?? []).join(' '), 'dist/cli.js')
  t.ok(existsSync(join(ROOT, 'src/cli.ts')))
})

t.test('the composition: read-only root, no capability, its volume, and time to drain', async (t) => {
  const { services, volumes } = parse(read('docker-compose.yml')) as {
    services: Record<string, Record<string, unknown>>
    volumes: object
  }
  const sotto = services['sotto'] ?? {}
  t.match(sotto, {
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    ulimits: { core: 0 },
    stop_grace_period: '5m',
  })
  t.notOk('privileged' in sotto || 'cap_add' in sotto)
  for (const mount of sotto['volumes'] as readonly string[]) {
    const [source = '', , how] = mount.split(':')
    if (source.startsWith('.')) t.equal(how, 'ro', mount)
    else t.ok(source in volumes, `${source} is a volume of its own`)
  }
})
