/**
 * Signalling by a stack that this project did not write: callers of sipp on the trunk who cancel at every moment, never acknowledge, hang up
 * at once, hold in each spelling, offer late or twice. Each row some dozens of times; afterwards no call and no port is left.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { pause, until } from '../../src/demo/waiting.ts'
import { startBaresip } from '../peers/baresip.ts'
import { freePort } from '../peers/free-port.ts'
import { type Sipp, startSipp } from '../peers/sipp.ts'
import { expect, expectEither, expectRequest, go, label, scenario, sdp, send } from '../peers/sipp-scenario.ts'
import { waiting } from '../peers/sipp-sound.ts'
import { type Sotto, startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { udpPortsOf } from '../peers/udp-ports.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

const CALLS = 20
const LIMIT_SECONDS = 60
const PORTS = [22_500, 22_999] as const
/** Of the caller, by which other systems know it, too. */
const UUID = 'ab30317f1a784dc48ff824d0d3715d86'
const ACK_LIMIT_MS = 45_000

t.setTimeout(300_000)

/** A call that stands: INVITE, 200, ACK. Eight commands or fewer. */
const called = [
  send('INVITE', { cseq: 1, sdp: sdp() }),
  expect(100, { optional: true }),
  expect(180, { optional: true }),
  expect(200, { keepsRoute: true }),
  send('ACK', { cseq: 1, inDialog: true }),
]
const hungUp = (cseq: number): string[] => [send('BYE', { cseq, inDialog: true }), expect(200)]
const reinvited = (cseq: number, body: readonly string[], has: RegExp): string[] => [
  send('INVITE', { cseq, inDialog: true, sdp: body }),
  expect(100, { optional: true }),
  expect(200, { has, keepsRoute: true }),
  send('ACK', { cseq, inDialog: true }),
]
const held = (body: readonly string[], has: RegExp): string[] => [
  ...called,
  waiting(200),
  ...reinvited(2, body, has),
  waiting(200),
  ...reinvited(3, sdp(3), /m=audio [1-9].*8/),
  waiting(100),
  ...hungUp(4),
]
/** Cancelled as soon as that provisional answer has come. */
const cancelled = (status: 100 | 180): string[] => [
  send('INVITE', { cseq: 1, sdp: sdp() }),
  ...(status === 100 ? [expect(100), waiting(150)] : [expect(100, { optional: true }), expect(180)]),
  send('CANCEL', { cseq: 1, branchBack: 3 }),
  expect(180, { optional: true }),
  expect(200),
  expect(487),
  send('ACK', { cseq: 1, branchBack: 7 }),
]

type Row = {
  readonly says: string
  readonly steps: readonly string[]
  readonly service?: string
}

const ROWS: readonly Row[] = [
  {
    says: 'CANCEL that crosses the 200',
    steps: [
      send('INVITE', { cseq: 1, sdp: sdp() }),
      expect(100, { optional: true }),
      expect(180),
      send('CANCEL', { cseq: 1, branchBack: 3 }),
      // It comes too late: the call stands and has to be ended.
      expectEither(1),
      expect(200),
      send('ACK', { cseq: 1, inDialog: 'straight' }),
      send('BYE', { cseq: 2, inDialog: 'straight' }),
      expect(200),
      go(2),
      label(1),
      expect(487),
      send('ACK', { cseq: 1, branchBack: 12 }),
      label(2),
      waiting(10),
    ],
  },
  { says: 'BYE at once after the ACK', steps: [...called, ...hungUp(2)] },
  { says: 'hold by sendonly, and resume', steps: held(sdp(2, '[media_ip]', 'sendonly'), /a=recvonly/) },
  { says: 'hold by inactive, and resume', steps: held(sdp(2, '[media_ip]', 'inactive'), /a=inactive/) },
  { says: 'hold by the address 0.0.0.0, and resume', steps: held(sdp(2, '0.0.0.0'), /m=audio [1-9].*8/) },
  {
    says: 'UPDATE with an offer',
    steps: [
      ...called,
      waiting(100),
      send('UPDATE', { cseq: 2, inDialog: true, sdp: sdp(2) }),
      expect(200, { has: /m=audio [1-9].*8/ }),
      ...hungUp(3),
    ],
  },
  {
    says: 'an offer while ours is open: 491',
    steps: [
      ...called,
      waiting(100),
      send('INVITE', { cseq: 2, inDialog: true }),
      expect(100, { optional: true }),
      expect(200, { has: /m=audio [1-9]/, keepsRoute: true }),
      send('UPDATE', { cseq: 3, inDialog: true, sdp: sdp(2) }),
      expect(491),
      send('ACK', { cseq: 2, inDialog: true, sdp: sdp(2) }),
      waiting(100),
      ...hungUp(4),
    ],
  },
  {
    says: 'INVITE without an offer: ours is in the 200, the answer in the ACK',
    steps: [
      send('INVITE', { cseq: 1 }),
      expect(100, { optional: true }),
      expect(180, { optional: true }),
      expect(200, { has: /m=audio [1-9]/, keepsRoute: true }),
      send('ACK', { cseq: 1, inDialog: true, sdp: sdp() }),
      waiting(300),
      ...hungUp(2),
    ],
  },
  {
    says: 'Session-ID: its own half comes back, beside that of whom it talks to',
    steps: [
      send('INVITE', { cseq: 1, sdp: sdp(), headers: [`Session-ID: ${UUID};remote=${'0'.repeat(32)}`] }),
      expect(100, { optional: true }),
      expect(180, { optional: true }),
      expect(200, { has: new RegExp(`Session-ID: [0-9a-f]{12}4[0-9a-f]{19};remote=${UUID}`), keepsRoute: true }),
      send('ACK', { cseq: 1, inDialog: true, headers: [`Session-ID: ${UUID};remote=${'0'.repeat(32)}`] }),
      send('BYE', { cseq: 2, inDialog: true, headers: [`Session-ID: ${UUID};remote=${'0'.repeat(32)}`] }),
      expect(200, { has: new RegExp(`;remote=${UUID}`) }),
    ],
  },
  {
    says: 'an extension that nobody knows: 420 that names it',
    steps: [
      send('INVITE', { cseq: 1, sdp: sdp(), headers: ['Require: foo'] }),
      expect(420, { has: /Unsupported: foo/ }),
      send('ACK', { cseq: 1, branchBack: 2 }),
    ],
  },
  {
    says: 'a number that nobody has: 404',
    service: '999',
    steps: [
      send('INVITE', { cseq: 1, sdp: sdp() }),
      expect(100, { optional: true }),
      expect(404),
      send('ACK', { cseq: 1, branchBack: 3 }),
    ],
  },
  { says: 'OPTIONS: 200', steps: [send('OPTIONS', { cseq: 1 }), expect(200, { has: /Allow:.*INVITE/ })] },
]

t.test('callers on the trunk', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const pbxPort = await freePort()
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/validate`,
    caText: validation.authority,
    sip: ['digestAlgorithms: [MD5]'],
    more: `media: { portMin: ${PORTS[0]}, portMax: ${PORTS[1]} }`,
    pbxUri: `sip:300@127.0.0.1:${pbxPort}`,
  })
  const agentFolder = join(sotto.folder, 'baresip')
  mkdirSync(agentFolder)
  const agent = await startBaresip({
    folder: agentFolder,
    account: `<sip:agent@127.0.0.1:${sotto.sipPort}>;auth_pass=agent-password-1;regint=60;answermode=auto`,
    humHz: 2150,
    record: false,
  })
  t.teardown(() => agent.stop())
  await agent.printed(/registered successfully|200 OK/i, 10_000)

  const patient = await callers(t, sotto, {
    says: 'a 200 that nobody acknowledges is said again, and given up with a BYE',
    steps: [...called.slice(0, 4), expectRequest('BYE', ACK_LIMIT_MS)],
  })
  for (const row of ROWS) await ends(t, row.says, await callers(t, sotto, row))
  for (const status of [100, 180] as const) {
    const pbx = await startSipp({
      folder: join(sotto.folder, `pbx-${status}`),
      scenarioFile: resolve(import.meta.dirname, '../fixtures/sipp/pbx-cancelled.xml'),
      fill: { STATUS: status === 100 ? '100 Trying' : '180 Ringing' },
      transport: 'udp',
      port: pbxPort,
      calls: CALLS,
      rate: 10,
      limitSeconds: LIMIT_SECONDS,
    })
    t.teardown(() => pbx.stop())
    const says = status === 100 ? 'CANCEL before it rings' : 'CANCEL while it rings'
    await ends(t, says, await callers(t, sotto, { says, service: '300', steps: cancelled(status) }))
    if (status === 100) {
      // Who cancels so early may come before the INVITE to the PBX is sent, which is never sent then: it waits for fewer.
      let isOver = false
      void pbx.ended.then(() => {
        isOver = true
      })
      while (!isOver && (await unanswered(sotto)) > 0) await pause(100)
      pbx.stop()
      t.match((await pbx.ended).output, /Successful call +\| +\d+ +\| +[1-9]/, `${says}: the PBX was called`)
    }
    await ends(t, `${says}: the PBX was cancelled too`, { sipp: pbx, folder: join(sotto.folder, `pbx-${status}`) })
  }
  await ends(t, 'a 200 that nobody acknowledges is said again, and given up with a BYE', patient)

  const { server } = sotto
  const open = async () => (await server.request('GET', '/api/v1/calls')).body as { readonly calls: unknown }
  await until(() => count(sotto, 'call.ended') === count(sotto, 'call.arrived'), 'the end of every call', 10_000)
  t.strictSame((await open()).calls, [], 'no call is left')
  t.equal(count(sotto, 'call.held'), 3 * CALLS, 'every hold was seen')
  t.equal(count(sotto, 'call.retrieved'), 3 * CALLS, 'and every end of one')
  await until(() => openPorts(sotto).length === 0, 'every media port closed', 10_000)
  t.match(await agent.command('listcalls'), /Active calls \(0\)/, 'the agent has no call left either')
  const errors = sotto
    .log()
    .split('\n')
    .filter((line) => line.includes('"level":"error"'))
  t.strictSame(errors, [], 'nothing went wrong inside')
  const endings = Object.groupBy(
    sotto.events.filter(({ type }) => type === 'call.ended'),
    (event) => String(event['ending']),
  )
  t.comment(
    Object.entries(endings)
      .map(([ending, calls]) => `${ending} ${calls?.length}`)
      .join(', '),
  )
})

type Running = { readonly sipp: Sipp; readonly folder: string }

async function callers(t: Test, sotto: Sotto, row: Row): Promise<Running> {
  const folder = join(sotto.folder, row.says.replaceAll(/[^a-z0-9]+/gi, '-'))
  mkdirSync(folder)
  const scenarioFile = join(folder, 'made.xml')
  writeFileSync(scenarioFile, scenario(row.says, row.steps))
  const sipp = await startSipp({
    folder,
    scenarioFile,
    fill: {},
    target: `127.0.0.1:${sotto.sipPort}`,
    service: row.service ?? '100',
    address: TRUNK_ADDRESS,
    transport: 'udp',
    calls: CALLS,
    rate: 10,
    limitSeconds: LIMIT_SECONDS,
  })
  t.teardown(() => sipp.stop())
  return { sipp, folder }
}

async function ends(t: Test, says: string, { sipp, folder }: Running): Promise<void> {
  const { code, output } = await sipp.ended
  const complaints = (): string => {
    try {
      return readFileSync(join(folder, 'errors.log'), 'utf8').slice(0, 3000)
    } catch {
      return output.slice(-3000)
    }
  }
  t.equal(code, 0, code === 0 ? says : `${says}\n${complaints()}`)
}

/** Requests of the server that wait for an answer, or that may be answered again. */
async function unanswered({ server }: Sotto): Promise<number> {
  const answer = await fetch(`${server.base}/metrics`, { headers: { authorization: `Bearer ${server.token}` } })
  return Number(/^sotto_sip_open\{what="clientTransactions"\} (\d+)$/m.exec(await answer.text())?.[1] ?? 1)
}

/** Media ports of the server that are open; another's may be in the same range. */
function openPorts(sotto: Sotto): readonly number[] {
  const { media, vault } = sotto.processes()
  return udpPortsOf([...media, ...vault]).filter((port) => port >= PORTS[0] && port <= PORTS[1])
}

function count(sotto: Sotto, type: string): number {
  return sotto.events.filter((event) => event.type === type).length
}
