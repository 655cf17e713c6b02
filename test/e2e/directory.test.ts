/**
 * The directory at work: gate by gate until the agent of a call may start a session with a form, a right taken away by an import while the server
 * runs, and everything still there after a kill.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { configExport, configImport } from '../../src/cli/config-transfer.ts'
import { CANARY, startSotto } from '../peers/sotto.ts'
import { checkClean, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(180_000)

t.test('whoever has a form and the rights starts a session, and nobody else', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const folder = t.testdir()
  const options = {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    folder,
  }
  const sotto = await startSotto(t, options)
  const make = async (kind: string, body: object) =>
    t.match(await sotto.server.request('POST', `/api/v1/directory/${kind}`, body), { status: 201 }, `${kind} made`)
  const talking = await talk(t, sotto)
  const { callId } = talking
  const refusedBy = async (fields?: readonly { name: string; value: string }[]) => {
    const { status, body } = await sotto.startSecureSession(callId, fields)
    return status === 202 ? 'nothing' : (body as { code: string; gate?: string })
  }

  await make('workgroups', { name: 'seniors' })
  t.match(await refusedBy(), { code: 'secure.no-form', gate: 'form' })
  await make('forms', {
    name: 'order',
    flow: 'card-payment',
    title: 'Order',
    fields: [{ id: 'Order number', required: true }],
  })
  t.match(await refusedBy(), { code: 'secure.unknown-agent' })
  await make('users', { name: 'amy', phone: 'agent' })
  t.match(await refusedBy(), { code: 'secure.form-not-assigned', gate: 'workgroup' })
  await make('workgroups', { name: 'payments', members: ['amy'], forms: ['order'] })
  t.match(await refusedBy(), { code: 'secure.no-right', gate: 'right' })
  await make('workgroups', {
    name: 'agents',
    members: ['amy'],
    rights: { 'secure-input:view': 'allow', 'secure-input:start': 'allow' },
  })
  t.match(await refusedBy(), { code: 'secure.form-not-filled' })
  t.match(await refusedBy([{ name: 'Order number', value: '4111 1111 1111 1111' }]), {
    code: 'secure.card-number-in-form',
  })
  t.equal(await refusedBy([{ name: 'Order number', value: 'A 17' }]), 'nothing', 'now it starts')
  const requested = await sotto.event(({ type }) => type === 'secure.requested', 'the session')
  t.match(requested, { form: 'order', flow: 'card-payment' })
  const path = `/api/v1/calls/${callId}/secure-sessions/${requested['sessionId']}`
  t.match(await sotto.server.request('GET', path), { body: { form: { name: 'order', revision: 1, title: 'Order' } } })
  const session = talking.session(requested)
  await session.enter(CANARY)
  t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
  await checkClean(t, sotto)

  const scope = {
    config: join(folder, 'sotto.yaml'),
    shippedFolder: new URL('../../', import.meta.url).pathname,
    env: {},
  }
  const file = join(folder, 'directory.yaml')
  const quiet = () => undefined
  t.equal(await configExport(scope, file, quiet), 0)
  writeFileSync(file, readFileSync(file, 'utf8').replace('secure-input:start: allow', 'secure-input:start: deny'))
  const from = sotto.events.length
  t.equal(await configImport(scope, file, false, quiet), 0)
  await sotto.event(({ type }) => type === 'directory.changed', 'the import is noticed', 10_000, from)
  t.match(await refusedBy([{ name: 'Order number', value: 'A 17' }]), { code: 'secure.no-right' })

  sotto.server.signal('SIGKILL')
  await sotto.server.stop()
  const again = await startSotto(t, options)
  const rights = await again.server.request('GET', '/api/v1/directory/users/amy/rights')
  t.match(
    rights.body,
    { rights: [{ allowed: true }, { allowed: false, reason: 'denied' }] },
    'it is all there after a kill',
  )
  t.strictSame(await again.search(), [])
})
