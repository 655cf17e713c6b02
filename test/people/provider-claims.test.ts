import t from 'tap'
import { type ClaimTerms, claimsWanted, identityOf } from '../../src/people/provider-claims.ts'

const TERMS: ClaimTerms = {
  nameClaim: 'preferred_username',
  nameDomain: undefined,
  requires: undefined,
  administrators: undefined,
  secondFactor: { amr: ['mfa'], acr: ['urn:two'] },
}
const of = (claims: object, terms: Partial<ClaimTerms> = {}) =>
  identityOf({ sub: 'subject', ...claims }, { ...TERMS, ...terms })

t.test('a claim names a user, or nobody', async (t) => {
  const named = (name: unknown, terms: Partial<ClaimTerms> = {}) => of({ preferred_username: name }, terms).name
  t.equal(named('ann.example'), 'ann.example')
  for (const name of [undefined, 7, ['ann'], '', 'ann example', 'ann@example.com', '../ann', 'a'.repeat(65)])
    t.equal(named(name), undefined, String(name))
  const nameDomain = 'Example.com'
  t.equal(named('ann@example.COM', { nameDomain }), 'ann')
  for (const name of [
    'ann',
    '@example.com',
    'ann@evil.example',
    'ann@example.com.evil.example',
    'ann@evil@example.com',
  ])
    t.equal(named(name, { nameDomain }), undefined, name)
})

t.test('an address names nobody before it was verified', async (t) => {
  const terms = { nameClaim: 'email', nameDomain: 'example.com' }
  const email = 'ann@example.com'
  t.equal(of({ email, email_verified: true }, terms).name, 'ann')
  for (const verified of [false, undefined, 'true', 1])
    t.equal(of({ email, email_verified: verified }, terms).name, undefined, String(verified))
})

t.test('claims that are or hold a value', async (t) => {
  const terms = { requires: { claim: 'groups', value: 'staff' }, administrators: { claim: 'admin', value: 'true' } }
  t.match(of({ groups: ['staff', 'others'], admin: true }, terms), { admitted: true, administrator: true })
  t.match(of({ groups: 'staff', admin: 'false' }, terms), { admitted: true, administrator: false })
  t.match(of({ groups: 'staffing' }, terms), { admitted: false, administrator: false })
  t.match(of({}), { admitted: true, administrator: undefined }, 'where nothing is asked for, the directory says')
  t.same(claimsWanted({ ...TERMS, ...terms }), ['preferred_username', 'groups', 'admin'])
})

t.test('who was asked for a second factor', async (t) => {
  t.ok(of({ amr: ['pwd', 'mfa'] }).secondFactor)
  t.ok(of({ acr: 'urn:two' }).secondFactor)
  for (const claims of [{}, { amr: 'pwd' }, { amr: [{ mfa: 1 }] }, { acr: 'urn:two:three' }, { amr: ['urn:two'] }])
    t.notOk(of(claims).secondFactor, JSON.stringify(claims))
})

t.test('a name that is shown is a line', async (t) => {
  t.equal(of({ name: ' Ann\nExample\u0000 ' }).displayName, 'AnnExample')
  t.equal(of({ name: { first: 'Ann' } }).displayName, '')
  t.equal(of({ name: 'x'.repeat(500) }).displayName.length, 128)
})
