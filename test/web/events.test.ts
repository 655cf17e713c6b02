import t from 'tap'
import { createEventRing, type ToldEvent } from '../../src/web/event-ring.ts'
import { standing } from '../people/crew.ts'
import { eventBench as bench } from './event-bench.ts'
import { bearer } from './web-bench.ts'

t.test('each is told of the calls that he sees, and of nothing else', async (t) => {
  const { read, tell, as } = await bench(t)
  const [ann, sue, root, desk] = [
    await read((await as('ann')).headers),
    await read((await as('sue')).headers),
    await read((await as('root')).headers),
    await read(bearer),
  ]
  for (const callId of ['call-ann', 'call-bob', 'call-other', 'call-unknown']) tell('call.bridged', callId)
  tell('trunk.registered')
  tell('secure.progress', 'call-ann')
  for (const reader of [ann, sue, root, desk]) await reader.until(/secure\.progress/)
  t.same(ann.events(), ['call.bridged call-ann', 'secure.progress call-ann'])
  t.same(sue.events(), ['call.bridged call-ann', 'call.bridged call-bob', 'secure.progress call-ann'])
  const all = ['call-ann', 'call-bob', 'call-other', 'call-unknown'].map((callId) => `call.bridged ${callId}`)
  t.same(root.events(), [...all, 'trunk.registered', 'secure.progress call-ann'])
  t.same(desk.events(), root.events())
  t.match(ann.headers['content-security-policy'], "default-src 'none'")
})

t.test('an administrator without the right is told of calls, and not of their secure sessions', async (t) => {
  const { read, tell, as, users } = await bench(t)
  users.set('user-root', standing('root', { administrator: true, mayView: false }))
  const root = await read((await as('root')).headers)
  tell('secure.progress', 'call-ann')
  tell('call.ended', 'call-ann')
  await root.until(/call\.ended/)
  t.same(root.events(), ['call.ended call-ann'])
})

t.test('who lost the connection goes on where he was; who was away for too long is told so', async (t) => {
  const { read, tell, as } = await bench(t)
  const { headers } = await as('ann')
  const first = await read(headers)
  tell('call.ringing', 'call-ann')
  await first.until(/ringing/)
  first.stop()
  tell('call.bridged', 'call-bob')
  tell('call.bridged', 'call-ann')
  const second = await read({ ...headers, 'last-event-id': first.lastId() })
  tell('call.held', 'call-ann')
  await second.until(/held/)
  t.same(
    second.events(),
    ['call.bridged call-ann', 'call.held call-ann'],
    'nothing twice, nothing left out, nothing of others',
  )
  for (const id of ['run-of-another.1', first.lastId().replace(/\d+$/, '99'), 'nonsense']) {
    const lost = await read({ ...headers, 'last-event-id': id })
    tell('call.held', 'call-ann')
    await lost.until(/held/)
    t.same(lost.events(), ['reset', 'call.held call-ann'], id)
  }
})

t.test('whoever missed thousands of events gets each of them, and goes on', async (t) => {
  const { read, tell, as } = await bench(t)
  const { headers } = await as('ann')
  const first = await read(headers)
  tell('call.ringing', 'call-ann')
  await first.until(/ringing/)
  first.stop()
  for (let n = 0; n < 4000; n += 1) tell('call.held', 'call-ann', { more: 'x'.repeat(400) })
  const second = await read({ ...headers, 'last-event-id': first.lastId() })
  tell('call.retrieved', 'call-ann')
  await second.until(/call\.retrieved/)
  t.equal(second.events().length, 4001)
  t.same([...new Set(second.events())], ['call.held call-ann', 'call.retrieved call-ann'], 'in their order')
  t.equal(second.lastId(), first.lastId().replace(/\d+$/, '4002'))
})

t.test('a stream ends with the log-in or the token that it was opened with, at once', async (t) => {
  const { read, as, people, users, loggedIn, changeRights } = await bench(t)
  const { headers, principal } = await as('ann')
  const stream = await read(headers)
  const other = await read(bearer)
  await people.logIns.end('user-ann', ({ loginId }) => loginId === principal.keyId)
  await stream.over()
  t.equal((await read(headers)).status, 401)

  await as('root')
  const { token, row } = await people.tokens.create((await loggedIn('root')).principal, {
    name: 'x',
    scopes: ['calls:read'],
    days: 1,
  })
  const held = await read({ authorization: `Bearer ${token}` })
  await people.tokens.revoke(row.tokenId, undefined)
  await held.over()

  const again = await as('ann')
  const disabled = await read(again.headers)
  users.set('user-ann', standing('ann', { disabled: true }))
  changeRights()
  await disabled.over()
  await other.until(/directory\.changed/)
  t.pass('others stay')
})

t.test('who may see another call from now on is told of it without connecting anew', async (t) => {
  const { read, tell, as, users, changeRights } = await bench(t)
  const { headers } = await as('ann')
  const stream = await read(headers)
  users.set('user-ann', standing('ann', { phone: 'agent-2' }))
  changeRights()
  // From some moment on he is told of the other; then no more of the one before.
  while (stream.events().length === 0) {
    tell('call.bridged', 'call-bob')
    await new Promise((resolve) => setImmediate(resolve))
  }
  tell('call.bridged', 'call-ann')
  tell('call.held', 'call-bob')
  await stream.until(/call\.held/)
  t.same([...new Set(stream.events())], ['call.bridged call-bob', 'call.held call-bob'])
})

t.test('the ring keeps so many, and knows what it has let go', async (t) => {
  let tell: (event: ToldEvent) => void = () => undefined
  const source = (listener: (event: ToldEvent) => void) => {
    tell = listener
    return () => undefined
  }
  const ring = createEventRing('run-a', [source], () => [], 3)
  t.same(ring.after('run-a.0'), [])
  for (let n = 1; n <= 5; n += 1) tell({ type: 'call.held', callId: 'call-1' })
  t.same(
    ring.after('run-a.2')?.map(({ number }) => number),
    [3, 4, 5],
  )
  t.same(
    ring.after('run-a.4')?.map(({ number }) => number),
    [5],
  )
  t.same(ring.after('run-a.5'), [])
  t.same(ring.after(undefined), [])
  for (const id of ['run-a.1', 'run-a.6', 'run-b.4', 'run-a.', '4', 'run-a.-1']) t.equal(ring.after(id), undefined, id)
  t.match(ring.reset(), /^id: run-a\.5\nevent: reset\n/)
})
