/**
 * The configuration of the real server changes while people talk and while one of them keys a card number: by the API, by HUP and by `sotto reload`.
 */

import { execFile } from 'node:child_process'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { shortPrompts } from '../peers/short-prompts.ts'
import { CANARY, type Sotto, startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { checkClean, hearEachOther, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(120_000)

const CLI = resolve(import.meta.dirname, '../../src/cli.ts')
const OTHER_TRUNK = '127.0.0.3'

async function stage(t: Test): Promise<Sotto> {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  return startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    secureInput: [shortPrompts(t.testdir())],
  })
}

const fileOf = ({ folder }: Sotto) => join(folder, 'sotto.yaml')
const reload = async ({ server }: Sotto) => server.request('POST', '/api/v1/config/reload')

/** Writes a changed configuration. @throws Error when nothing was changed */
function edit(sotto: Sotto, ...changes: readonly (readonly [from: string | RegExp, to: string])[]): void {
  const before = readFileSync(fileOf(sotto), 'utf8')
  const after = changes.reduce((text, [from, to]) => {
    const changed = text.replace(from, to)
    if (changed === text) throw new Error(`not in the configuration: ${from}`)
    return changed
  }, before)
  writeFileSync(fileOf(sotto), after)
}

/** Runs `sotto reload`. @returns what it wrote, and how it ended. */
function command(sotto: Sotto, ...more: readonly string[]): Promise<{ readonly lines: string; readonly code: number }> {
  return new Promise((done) => {
    const args = [CLI, 'reload', '--config', fileOf(sotto), ...more]
    execFile(process.execPath, args, { env: {} }, (error, lines) => done({ lines, code: Number(error?.code ?? 0) }))
  })
}

/** How a call from a phone on a trunk is answered. */
async function answerTo(sotto: Sotto, address: string, number: string): Promise<number> {
  const caller = await sotto.caller({ address })
  return caller.call(number).then(
    () => 200,
    (thrown: unknown) => Number(/\d{3}/.exec(String(thrown))?.[0] ?? 0),
  )
}

t.test(
  'a session goes on while trunks, phones, routes and terms change, and what begins then has the new ones',
  async (t) => {
    const sotto = await stage(t)
    const talking = await talk(t, sotto)
    const session = await talking.secure()
    await session.asked(0)
    t.equal(await answerTo(sotto, OTHER_TRUNK, '100'), 401, 'nobody knows this trunk')

    edit(
      sotto,
      [
        `trunks:\n  - { name: carrier, addresses: [${TRUNK_ADDRESS}] }`,
        `trunks:\n  - { name: other, addresses: [${OTHER_TRUNK}], maxCalls: 1 }`,
      ],
      [
        /routes:[\s\S]*?secureInput:/,
        'routes:\n  - { from: other, number: "900", to: { phone: agent-2 } }\nsecureInput:\n  featureCode: "*55"\n',
      ],
      ['agent-password-2', 'another-password-2'],
      ['log: { level: debug }', 'log: { level: info }\nhistory: { keepDays: 7 }'],
      ['media: { processes: 1 }', 'media: { processes: 2 }'],
    )
    const { status, body } = await reload(sotto)
    t.equal(status, 200)
    t.match(body, { needsRestart: [{ setting: 'media.processes', change: 'changed' }] })
    const applied = (body as { applied: { setting: string; change: string }[] }).applied
    t.strictSame(applied.map(({ setting, change }) => `${change} ${setting}`).toSorted(), [
      'added trunks[other]',
      'changed history.keepDays',
      'changed log.level',
      'changed phones[agent-2].password',
      'changed routes',
      'changed secureInput.featureCode',
      'removed trunks[carrier]',
    ])
    await sotto.logged(/"setting":"media\.processes".*control\.restart-needed/)

    t.equal(await answerTo(sotto, TRUNK_ADDRESS, '100'), 401, 'a trunk that is gone takes no new calls')
    const agent2 = await sotto.agent({ user: 'agent-2', password: 'another-password-2' })
    const from = sotto.events.length
    const caller2 = await sotto.caller({ address: OTHER_TRUNK })
    await caller2.call('900')
    const { callId: second } = await sotto.event(
      ({ type }) => type === 'call.bridged',
      'by the new trunk',
      10_000,
      from,
    )
    t.equal(await answerTo(sotto, OTHER_TRUNK, '900'), 486, 'and has its limit')
    await caller2.signalling.hangUp()
    await sotto.event(({ type, callId }) => type === 'call.ended' && callId === second, 'ended', 10_000, from)
    await agent2.close()

    await session.enter(CANARY)
    t.match(
      (await session.event('secure.ended', 30_000))['outcome'],
      { result: 'accepted' },
      'the session noticed nothing',
    )
    await hearEachOther(t, talking)
    await talking.agent.signalling.hangUp()
    await talking.over()
    await checkClean(t, sotto)
  },
)

t.test(
  'what is wrong changes nothing; HUP, the command and the API are one road; removed phones and tokens end',
  async (t) => {
    const sotto = await stage(t)
    const talking = await talk(t, sotto)
    const original = readFileSync(fileOf(sotto), 'utf8')

    edit(sotto, ['log: { level: debug }', 'log: { level: loud }'], ['agent-password-1', 'another-password-1'])
    const refused = await reload(sotto)
    t.match(refused, {
      status: 422,
      body: { code: 'config.not-valid', problems: [{ key: 'log.level', line: Number }] },
    })
    sotto.server.signal('SIGHUP')
    await sotto.logged(/control\.reload-refused[\s\S]*control\.reload-refused/)
    t.match(await command(sotto), { code: 2, lines: /log\.level/ }, 'the command reads it first')
    renameSync(fileOf(sotto), `${fileOf(sotto)}.away`)
    t.match(await reload(sotto), { status: 500, body: { code: 'config.not-readable', problems: [] } })
    renameSync(`${fileOf(sotto)}.away`, fileOf(sotto))
    writeFileSync(fileOf(sotto), original.replace('caFile: authority.pem', 'caFile: nowhere.pem'))
    t.match(await reload(sotto), { status: 422, body: { problems: [{ key: 'secureInput.validation.caFile' }] } })

    writeFileSync(fileOf(sotto), original)
    t.match(await command(sotto), { code: 0, lines: /^0 applied, 0 after a restart/ })
    await hearEachOther(t, talking)

    const list = async () => (await sotto.server.request('GET', '/api/v1/calls')).status
    const agent2 = await sotto.agent({ user: 'agent-2', password: 'agent-password-2' })
    edit(
      sotto,
      [/ {2}- \{ account: agent-2.*\n/, ''],
      [/ {2}- \{ from: carrier, number: "101".*\n/, ''],
      [/phones: \[agent, agent-2\]/g, 'phones: [agent]'],
      ['{ name: story, token:', '{ name: wall, token: another-token-on-loopback }, { name: story, token:'],
    )
    const many = Promise.all(Array.from({ length: 20 }, () => reload(sotto)))
    for (let i = 0; i < 20; i++) sotto.server.signal('SIGHUP')
    for (const { status } of await many) t.equal(status, 200)
    await sotto.logged(/control\.setting-applied.*phones\[agent-2\]|phones\[agent-2\].*control\.setting-applied/)
    await sotto.logged(/"account":"agent-2","contacts":0/)
    await t.rejects(agent2.signalling.register(), 'its account is gone')
    t.equal(await list(), 200)
    edit(sotto, [', { name: story, token: story-token-on-loopback }', ''])
    t.match(await command(sotto), { code: 0, lines: /removed: http\.tokens\[story\]/ }, 'asked with the other token')
    t.equal(await list(), 401, 'a token that is gone opens nothing')
    edit(sotto, ['another-token-on-loopback', 'token-that-nobody-has-told'])
    t.match(await command(sotto), { code: 1, lines: /HUP/ }, 'the server does not know it yet')
    sotto.server.signal('SIGHUP')
    await sotto.logged(/"setting":"http\.tokens\[wall\]\.token"/)
  },
)
