/**
 * The audit record of real secure sessions: what it says of one that ran, checked offline by the command; what is left after everything was
 * killed in the middle of one; and a disk that is full.
 */

import { spawnSync } from 'node:child_process'
import { linkSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import type { AuditFacts, SealedRecord } from '../../src/audit/contract.ts'
import { watchHoldUps } from '../../src/demo/hold-ups.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import { CANARY, type Sotto, startSotto } from '../peers/sotto.ts'
import { checkClean, hearEachOther, type Session, type Talk, talk } from '../peers/talk.ts'
import { startValidationPeer, type ValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

const CLI = resolve(import.meta.dirname, '../../src/cli.ts')
/** sessions are possible again after space returns. */
const RECOVERED_MS = 10_000

type Verdict = {
  readonly sound: boolean
  readonly findings: readonly { readonly code: string; readonly place: string; readonly says: string }[]
  readonly sessions: readonly { readonly sessionId: string; readonly ending: string; readonly isolation: string }[]
}

function sotto(...args: readonly string[]): { readonly status: number | null; readonly out: string } {
  const { status, stdout } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' })
  return { status, out: stdout }
}

/** Checks a path with the command. @param keyFile exported before, and kept elsewhere. */
function verify(
  path: string,
  keyFile: string,
  ...more: readonly string[]
): Verdict & { readonly status: number | null } {
  const { status, out } = sotto('verify', path, '--key', keyFile, '--json', ...more)
  return { ...(JSON.parse(out) as Verdict), status }
}

async function stage(
  t: Test,
  folder?: string,
): Promise<{ server: Sotto; validation: ValidationPeer; records: string }> {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const server = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    ...(folder === undefined ? {} : { folder }),
  })
  return { server, validation, records: join(server.folder, 'var/audit') }
}

/** Exports the public key as an operator would. */
function exportKey(t: Test, server: Sotto): string {
  const { status, out } = sotto('audit', 'key', '--config', join(server.folder, 'sotto.yaml'))
  t.equal(status, 0)
  const file = join(t.testdir(), 'node-key.pem')
  writeFileSync(file, out)
  return file
}

type Audit = { readonly publicKey: string; readonly records: readonly SealedRecord[] }

/** The audit of a session as the API gives it, once it is closed. */
async function auditOf({ sotto: server, callId }: Talk, { sessionId }: Session): Promise<Audit> {
  const path = `/api/v1/calls/${callId}/secure-sessions/${sessionId}/audit`
  for (let tries = 0; tries < 100; tries++) {
    const audit = (await server.server.request('GET', path)).body as Audit
    if (audit.records.length === 2) return audit
    await pause(100)
  }
  throw new Error('the audit was not closed')
}

function factsOf({ records }: Audit): AuditFacts {
  const body = records[1]?.record.body
  if (body?.kind !== 'closed' || body.facts === undefined) throw new Error('no facts')
  return body.facts
}

t.test('a session is recorded, and anybody can check the record', async (t) => {
  const { server, records } = await stage(t)
  const talking = await talk(t, server)
  const keyFile = exportKey(t, server)
  const everybody = Object.values(server.processes()).flat()
  const holdUps = watchHoldUps(() => everybody)
  t.teardown(() => holdUps.close())
  const session = await talking.secure()
  await session.enter(CANARY)
  t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
  await hearEachOther(t, talking)
  const audit = await auditOf(talking, session)
  const wiped = await session.event('secure.wiped')
  const heldMs = holdUps.heldMs(server.whenMs(wiped), performance.now())
  const facts = factsOf(audit)
  const bridged = await server.event(({ type }) => type === 'call.bridged', 'bridged')
  t.match(bridged['callerUuid'], /^[0-9a-f]{32}$/)
  t.match(
    audit.records[0]?.record.body,
    { kind: 'opened', callerUuid: bridged['callerUuid'], agentUuid: bridged['agentUuid'] },
    'the record names both ends as the systems before and behind know them',
  )
  await server.logged(new RegExp(`"callerUuid":"${bridged['callerUuid']}","agentUuid":"${bridged['agentUuid']}"`))
  const { media, vault } = server.processes()

  const agent = facts.agentLeg
  t.equal(agent?.source, 'hold-music')
  t.equal(agent?.sent.port, 0, 'no packet of the caller at the agent')
  t.ok((agent?.sent.holdMusic ?? 0) > 200, `${agent?.sent.holdMusic} packets of hold music`)
  t.equal(agent?.sent.left, agent?.sent.holdMusic, 'and of nothing else')
  t.ok((agent?.received ?? 0) > 200, `${agent?.received} packets of the agent`)
  t.match(facts.callerLeg, { mediaReceived: 0, mediaSent: 0 }, 'media neither read nor wrote the socket of the caller')
  t.ok((facts.callerLeg?.vaultReceived ?? 0) > 200 && (facts.callerLeg?.vaultSent ?? 0) > 200, 'the vault did')
  t.match(facts, { mediaProcessId: media[0], vaultProcessId: vault[0], wipe: { by: 'vault', processId: vault[0] } })
  t.match(
    facts.attestation?.protections.find(({ name }) => name === 'noNewPrivileges'),
    { claimed: true, seen: 'yes' },
  )
  t.same(
    facts.attestation?.protections.filter(({ seen }) => seen === 'no'),
    [],
    'the vault claims nothing that is not so',
  )
  t.same(facts.rejoin?.repairs, [])
  t.ok((facts.rejoin?.gapMs ?? 1e9) < 500 + heldMs, `gap ${facts.rejoin?.gapMs} ms`)
  t.ok(
    (facts.rejoin?.toCallerMs ?? 1e9) < 1000 + heldMs,
    `the caller hears the agent ${facts.rejoin?.toCallerMs} ms after the join`,
  )
  t.ok(
    (facts.rejoin?.toAgentMs ?? 1e9) < 1500 + heldMs,
    `the agent the caller ${facts.rejoin?.toAgentMs} ms, after a chime of 300`,
  )
  const view = await server.server.request(
    'GET',
    `/api/v1/calls/${talking.callId}/secure-sessions/${session.sessionId}`,
  )
  t.match(view.body, { audited: true, auditRecord: 2, auditClosed: 3 })

  t.match(verify(records, keyFile, '--running'), {
    status: 0,
    sound: true,
    sessions: [{ isolation: 'shown', ending: 'ended' }],
  })
  const excerpt = join(dirname(keyFile), 'session.json')
  writeFileSync(excerpt, JSON.stringify(audit, undefined, 2))
  t.match(verify(excerpt, keyFile), { status: 0, sound: true, sessions: [{ sessionId: session.sessionId }] })
  const changed = JSON.stringify(audit).replace('"mediaReceived":0', '"mediaReceived":1')
  writeFileSync(excerpt, changed)
  t.match(verify(excerpt, keyFile), { status: 1, findings: [{ code: 'bad-signature' }, { code: 'isolation' }] })
  const spoken = sotto('verify', records, '--running')
  t.match(spoken.out, /Everything holds/)
  t.match(spoken.out, /The key was found beside the records/)
  await checkClean(t, server)
})

t.test('everything is killed in the middle of a session: closed as interrupted at the next start', async (t) => {
  const { server, records } = await stage(t)
  const talking = await talk(t, server)
  const keyFile = exportKey(t, server)
  const first = await talking.secure()
  await first.enter(CANARY)
  await first.event('secure.ended', 30_000)
  await auditOf(talking, first)
  const session = await talking.secure()
  await session.asked(0)
  await talking.key(CANARY.slice(0, 8))
  await session.event('secure.progress', 10_000, ({ keys }) => keys === 8)
  const { control, media, vault } = server.processes()
  // Stopped first: nobody ends because of another's death, or writes down that another died.
  process.kill(control, 'SIGSTOP')
  for (const pid of [...media, ...vault, control]) process.kill(pid, 'SIGKILL')
  t.equal(await server.server.exited, -1)
  t.match(verify(records, keyFile), { status: 1, findings: [{ code: 'incomplete' }] }, 'before the restart it is open')

  // Phones of the calls that are gone: they would send on into the new server's ports.
  await Promise.all([talking.caller.close(), talking.agent.close()])
  const again = await stage(t, server.folder)
  t.match(verify(records, keyFile, '--running'), {
    status: 0,
    sound: true,
    sessions: [
      { sessionId: first.sessionId, ending: 'ended' },
      { sessionId: session.sessionId, ending: 'interrupted' },
    ],
  })
  const after = await talk(t, again.server)
  const next = await after.secure()
  await next.enter(CANARY)
  await next.event('secure.ended', 30_000)
  await auditOf(after, next)
  t.match(
    verify(records, keyFile, '--running'),
    { status: 0, sound: true, sessions: { length: 3 } },
    'the chain goes on',
  )
  await checkClean(t, again.server)
})

/** Puts a full disk in the place of the newest file of records: the kernel refuses every octet. @returns takes it away again. */
function fillDisk(records: string): () => void {
  const name = readdirSync(records).findLast((file) => file.startsWith('records-')) ?? ''
  const [file, kept, full] = [join(records, name), join(records, 'kept'), join(records, 'full')]
  // At no moment is there no such file: the server, which tries again and again, would make one.
  linkSync(file, kept)
  symlinkSync('/dev/full', full)
  renameSync(full, file)
  return () => renameSync(kept, file)
}

t.test('the disk is full: what runs goes on, nothing new begins, and it recovers by itself', async (t) => {
  const { server, records } = await stage(t)
  const talking = await talk(t, server)
  const other = await talk(t, server, { agent: { user: 'agent-2', password: 'agent-password-2' }, number: '101' })
  const keyFile = exportKey(t, server)
  const running = await talking.secure()
  await running.asked(0)
  const free = fillDisk(records)
  const refused = await server.startSecureSession(other.callId)
  t.match(refused, { status: 503, body: { code: 'secure.no-audit' } })
  await server.logged(/"event":"audit.failed"/)
  const whyNot = await server.server.request('GET', `/api/v1/calls/${other.callId}/why-not`)
  t.match(whyNot.body, { gates: [{ code: 'secure.no-audit' }] })
  t.match((await server.server.request('GET', '/api/v1/status')).body, { ready: true, audit: false })
  await hearEachOther(t, other, 'in the other call, caller and agent still')

  await running.enter(CANARY)
  t.match(
    (await running.event('secure.ended', 30_000))['outcome'],
    { result: 'accepted' },
    'the session that ran ends well',
  )
  await hearEachOther(t, talking)
  free()
  const freedMs = performance.now()
  await until(() => /"event":"audit.resumed"/.test(server.log()), 'it goes on by itself', RECOVERED_MS)
  t.pass(`sessions are possible ${(performance.now() - freedMs).toFixed(0)} ms after there was room`)
  const next = await other.secure()
  await next.enter(CANARY)
  await next.event('secure.ended', 30_000)
  await auditOf(other, next)
  await auditOf(talking, running)
  t.match(verify(records, keyFile, '--running'), { status: 0, sound: true, sessions: { length: 2 } })
  t.match(readFileSync(join(records, 'records-00000001.jsonl'), 'utf8'), /"kind":"resumed"/)
  await checkClean(t, server)
})
