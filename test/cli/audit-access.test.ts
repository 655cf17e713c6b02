import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createAccessLog } from '../../src/audit/access-log.ts'
import { auditAccess } from '../../src/cli/audit-access.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

async function written(folder: string): Promise<void> {
  const log = createAccessLog({
    ...{
      folder,
      clock: steppedClock(),
      wallMs: () => 1_790_000_000_000,
      random: randomBytes,
      onTrouble: () => undefined,
    },
  })
  await log.start()
  const who = { user: 'user-a', by: 'login', key: 'login-a', from: '192.0.2.7' } as const
  await log.note({ ...who, type: 'log-in', succeeded: 'yes', resource: '/api/v1/login' })
  await log.note({
    ...who,
    type: 'flow-published',
    succeeded: 'no',
    fault: 'web.forbidden',
    resource: '/api/v1/flows/x/publish',
  })
  await log.stop()
}

async function run(folder: string, more: object = {}) {
  const lines: string[] = []
  const input = {
    config: undefined,
    folder,
    key: undefined,
    csv: false,
    json: false,
    shippedFolder: '.',
    env: {},
    ...more,
  }
  const code = await auditAccess(input, (line) => lines.push(line))
  return { code, lines }
}

t.test('the access log is listed and checked', async (t) => {
  const folder = join(t.testdir(), 'access')
  await written(folder)
  const { code, lines } = await run(folder)
  t.equal(code, 0)
  t.match(
    lines[1],
    /^2 {2}2026-09-21T[\d:.]+Z {2}flow-published {2}no {2}web\.forbidden {2}user-a {2}login {2}login-a {2}192\.0\.2\.7 {2}\/api/,
  )
  t.match(lines.at(-1), /^2 records; key [\w-]{43}\. Everything holds\.$/)
  const csv = await run(folder, { csv: true })
  t.equal(csv.lines[0], 'number,at,type,succeeded,fault,user,by,key,from,resource')
  t.match(csv.lines[1], /^1,2026-[\dT:.-]+Z,log-in,yes,,user-a,login,login-a,192\.0\.2\.7,\/api\/v1\/login$/)
  const json = await run(folder, { json: true, key: join(folder, 'public-key.pem') })
  t.equal(`${json.lines.join('\n')}\n`, readFileSync(join(folder, 'records-00000001.jsonl'), 'utf8'))
})

t.test('what was changed is said, and the exit code says it too', async (t) => {
  const folder = join(t.testdir(), 'access')
  await written(folder)
  const file = join(folder, 'records-00000001.jsonl')
  writeFileSync(file, readFileSync(file, 'utf8').replace('"succeeded":"no"', '"succeeded":"yes"'))
  const { code, lines } = await run(folder)
  t.equal(code, 1)
  t.match(lines.join('\n'), 'line 2 was changed: the signature does not fit (bad-signature)')
  t.equal((await run(folder, { csv: true })).code, 1)
  t.equal((await run(join(folder, 'nowhere'))).code, 2)
})
