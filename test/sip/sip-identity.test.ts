import t from 'tap'
import { isNamedBy, serverNamesOf, sipDomainsOf, speaksFor } from '../../src/sip/sip-identity.ts'

t.test('whom a certificate speaks for (RFC 5922 section 7.1)', async (t) => {
  for (const [altNames, domains] of [
    ['DNS:sip.example.com', ['sip.example.com']],
    ['DNS:A.Example, DNS:b.example', ['a.example', 'b.example']],
    ['URI:sip:Example.com', ['example.com']],
    ['URI:SIP:example.com, DNS:host.example.com', ['example.com']],
    ['URI:sip:alice@example.com', []],
    ['URI:sip:alice@example.com, DNS:host.example.com', ['host.example.com']],
    ['URI:sips:example.com', []],
    ['URI:https://example.com', []],
    ['IP Address:192.0.2.1', []],
    ['DNS:*.example.com', ['*.example.com']],
    // One name that is written to look like two.
    ['DNS:"evil.example, DNS:sip.example.com"', []],
    ['URI:"sip:evil.example, DNS:sip.example.com", DNS:other.example', ['other.example']],
    ['DNS:"a\\", DNS:sip.example.com"', []],
    ['', []],
    [undefined, []],
  ] as const) {
    t.strictSame(sipDomainsOf(altNames), domains, altNames ?? 'none')
  }
})

t.test('the whole domain, whatever its case, and no wildcard (section 7.2)', async (t) => {
  t.ok(speaksFor('DNS:sip.example.com', 'SIP.example.com'))
  t.notOk(speaksFor('DNS:sip.example.com', 'example.com'))
  t.notOk(speaksFor('DNS:example.com', 'sip.example.com'))
  t.notOk(speaksFor('DNS:*.example.com', 'sip.example.com'))
  t.notOk(speaksFor('URI:sip:example.com, DNS:sip.example.com', 'sip.example.com'))
  t.notOk(speaksFor(undefined, 'sip.example.com'))
})

t.test('a server chooses by any name, wildcards too', async (t) => {
  const names = serverNamesOf('URI:sip:example.com, DNS:*.branches.example.com, DNS:sip.example.com')
  for (const name of ['example.com', 'sip.example.com', 'Berlin.branches.example.com'])
    t.ok(isNamedBy(names, name), name)
  for (const name of ['branches.example.com', 'a.b.branches.example.com', 'com', '', '*.com'])
    t.notOk(isNamedBy(names, name), name)
})
