import t from 'tap'
import { NOTHING_YET, withEvent, withPhones } from '../../pages/first/progress.ts'

t.test('a phone that has been there counts, whatever becomes of it', async (t) => {
  const one = withPhones(NOTHING_YET, [
    { name: 'alice', registered: true },
    { name: 'bob', registered: false },
  ])
  t.strictSame([...one.registered], ['alice'])
  t.equal(withPhones(one, [{ name: 'alice', registered: true }]), one, 'nothing new, nothing drawn')
  t.strictSame([...withPhones(one, [{ name: 'bob', registered: true }]).registered], ['alice', 'bob'])
})

t.test('the call stands, the session runs, and how it ended', async (t) => {
  const called = withEvent(NOTHING_YET, { type: 'call.bridged', callId: 'call-1' })
  t.match(called, { called: true, begun: false })
  const begun = withEvent(called, { type: 'secure.requested' })
  t.match(begun, { begun: true, result: undefined })
  t.equal(withEvent(begun, { type: 'secure.progress' }), begun)
  t.match(withEvent(begun, { type: 'secure.ended', outcome: { result: 'declined' } }), { result: 'declined' })
  t.match(withEvent(begun, { type: 'secure.ended', outcome: { result: 'failed', reason: 'timeout' } }), {
    result: 'failed',
  })
  t.match(withEvent(begun, { type: 'secure.ended' }), { result: 'failed' })
})
