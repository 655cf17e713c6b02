import t from 'tap'
import { identityFor } from '../../src/call/identity.ts'
import { party } from '../peers/fake-sip.ts'

const trunk = { kind: 'trunk', trunk: 'carrier' } as const
const phone = { kind: 'phone', account: 'agent' } as const

t.test("From keeps the number and gets this server's address", async (t) => {
  const from = { displayName: 'Ann', uri: 'sip:+491@inside.example', user: '+491' }
  t.same(identityFor({ from, origin: trunk, assertedIdentity: undefined, isPrivate: false }, '198.51.100.1', false), {
    from: { displayName: 'Ann', uri: 'sip:+491@198.51.100.1', user: '+491' },
  })
  t.match(identityFor({ from, origin: trunk, assertedIdentity: undefined, isPrivate: false }, '2001:db8::1', false), {
    from: { uri: 'sip:+491@[2001:db8::1]' },
  })
})

t.test('who is anonymous stays it', async (t) => {
  const anonymous = { displayName: 'Ann', uri: 'sip:anonymous@anonymous.invalid', user: 'anonymous' }
  for (const from of [anonymous, { displayName: 'Ann', uri: 'sip:host', user: '' }]) {
    t.same(identityFor({ from, origin: trunk, assertedIdentity: undefined, isPrivate: false }, 'h', false).from, {
      displayName: 'Anonymous',
      uri: 'sip:anonymous@anonymous.invalid',
      user: 'anonymous',
    })
  }
})

t.test('an asserted identity goes only where policy sends it', async (t) => {
  const asserted = party('+492')
  const session = { from: party('+491'), origin: trunk, assertedIdentity: asserted, isPrivate: false }
  t.equal(identityFor(session, 'h', false).assertedIdentity, undefined)
  t.same(identityFor(session, 'h', true).assertedIdentity, asserted)
  t.equal(
    identityFor({ ...session, assertedIdentity: undefined, isPrivate: false }, 'h', true).assertedIdentity,
    undefined,
  )
})

t.test('of a phone only its account can be asserted', async (t) => {
  const session = { from: party('somebody-else'), origin: phone, assertedIdentity: party('forged'), isPrivate: false }
  t.match(identityFor(session, 'h', true).assertedIdentity, { uri: 'sip:agent@h', user: 'agent' })
})

t.test('who wants to stay unknown is told to a trusted trunk alone, and that it is to be kept', async (t) => {
  const session = { from: party('+491'), origin: trunk, assertedIdentity: party('+492'), isPrivate: true }
  t.match(identityFor(session, 'h', false), { from: { user: 'anonymous' }, assertedIdentity: undefined })
  t.match(identityFor(session, 'h', true), {
    from: { uri: 'sip:anonymous@anonymous.invalid' },
    assertedIdentity: { user: '+492' },
    isPrivate: true,
  })
})
