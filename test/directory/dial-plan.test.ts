import { inspect } from 'node:util'
import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { differenceOf } from '../../src/directory/change.ts'
import { changesTo, readDirectoryFile, writeDirectoryFile } from '../../src/directory/directory-file.ts'
import { decideChanges, decideEdit, type Edit } from '../../src/directory/edits.ts'
import { EMPTY_PICTURE, type Kind, type Picture } from '../../src/directory/index.ts'
import { withEntry } from '../../src/directory/picture.ts'
import { secretsSet } from '../../src/directory/secrets.ts'
import { createSealing } from '../../src/people/sealing.ts'
import { keptPlan, PLAN } from '../peers/dial-plan.ts'

const flows = { hasFlow: () => true, flowProblems: () => [] }

/** A directory in memory, edited as the server does. */
function bench(text = PLAN) {
  const state = { text }
  const holder: { picture: Picture } = { picture: EMPTY_PICTURE }
  const kept = keptPlan({ picture: () => holder.picture }, state)
  const outside = { ...flows, plan: kept.keeper.outside }
  const take = (decision: ReturnType<typeof decideEdit>) => {
    if ('refused' in decision) return decision
    for (const { kind, name, body } of decision.changes) {
      const before = holder.picture.entries[kind].get(name)
      const made = { id: 'x', name, revision: (before?.revision ?? 0) + 1, createdMs: 0, updatedMs: 0, body }
      holder.picture = withEntry(holder.picture, kind, name, body === undefined ? undefined : (made as never))
    }
    kept.reloader.takeDirectory()
    return 'taken' as const
  }
  const edit = (kind: Kind, name: string, how: Edit['how']) =>
    take(decideEdit(holder.picture, { kind, name, expected: 'any', how }, outside))
  const put = (kind: Kind, name: string, body: object) => edit(kind, name, { do: 'put', body })
  return {
    ...kept,
    state,
    holder,
    outside,
    take,
    edit,
    put,
    bodyOf: (kind: Kind, name: string) => holder.picture.entries[kind].get(name)?.body,
  }
}

t.test(
  'rows of the store stand behind those of the file, complete and with their secrets, and routes by rank',
  async (t) => {
    const { put, running } = bench(
      `${PLAN}sip: { listeners: [{ port: 5060 }, { transport: tls, port: 5061, certificateFile: a.pem, keyFile: a.key }] }\n`,
    )
    t.equal(put('phones', 'bob', { password: 'password-of-bob' }), 'taken')
    t.equal(
      put('trunks', 'other', {
        addresses: ['192.0.2.2'],
        outbound: { uri: 'sip:pbx.example;transport=tls', tls: { caFile: 'tls/ca.pem' } },
        allowDestinations: ['*'],
        credentials: { user: 'me', password: 'password-elsewhere' },
      }),
      'taken',
    )
    t.equal(put('routes', 'b-late', { number: '*', to: { trunk: 'other' } }), 'taken')
    t.equal(put('routes', 'c-early', { number: '200', to: { phone: 'bob' }, rank: 5 }), 'taken')
    t.equal(put('routes', 'a-late', { from: 'carrier', number: '2*', to: { workgroup: 'sales' } }), 'taken')
    const { phones, trunks, routes } = running()
    t.match(phones, [{ account: 'alice' }, { account: 'bob', displayName: 'Phone' }])
    t.ok(phones[1]?.password instanceof Secret && phones[1].password.matches('password-of-bob'))
    t.match(trunks[1], {
      name: 'other',
      srtp: 'off',
      outbound: { weight: 1, tls: { caFile: '/etc/sotto/tls/ca.pem' } },
    })
    t.ok(trunks[1]?.credentials?.password.matches('password-elsewhere'))
    t.strictSame(
      routes.map(({ number }) => number),
      ['100', '200', '2*', '*'],
    )
    t.notOk(
      routes.some((route) => 'rank' in route || 'name' in route),
      'nothing that no row of the file has',
    )
    t.ok(Object.isFrozen(routes))
  },
)

t.test('what cannot work is refused with its place, and nothing is changed', async (t) => {
  const { put, edit, applied, holder } = bench()
  const rows: readonly (readonly [Kind, string, object, string, string])[] = [
    ['phones', 'alice', { password: 'x' }, 'directory.in-file', ''],
    ['routes', 'file-1', { number: '1', to: { phone: 'alice' } }, 'directory.in-file', ''],
    ['routes', 'file-7', { number: '1', to: { phone: 'alice' } }, 'directory.not-valid', 'routes.file-7.name'],
    ['phones', 'bob', {}, 'directory.not-valid', 'phones.bob'],
    ['phones', 'bob', { password: 'x', ha1Md5: 'ab' }, 'directory.not-valid', 'ha1Md5'],
    ['phones', 'b/b', { password: 'x' }, 'directory.not-valid', 'name'],
    ['phones', 'bob', { password: 'x', pasword: 'x' }, 'directory.not-valid', 'pasword'],
    ['phones', 'bob', { password: 'x', displayName: '4111 1111 1111 1111' }, 'directory.not-valid', 'displayName'],
    ['trunks', 'new', {}, 'directory.not-valid', 'trunks.new'],
    ['trunks', 'new', { addresses: ['example.com'] }, 'directory.not-valid', 'addresses[0]'],
    ['trunks', 'new', { addresses: ['192.0.2.1'] }, 'directory.not-valid', 'trunks.new.addresses[0]'],
    [
      'trunks',
      'new',
      { addresses: ['192.0.2.9'], outbound: { uri: 'sip:bad!host' } },
      'directory.not-valid',
      'trunks.new.outbound.uri',
    ],
    [
      'trunks',
      'new',
      { addresses: ['192.0.2.9'], outbound: { uri: 'sip:host:70000' } },
      'directory.not-valid',
      'trunks.new.outbound.uri',
    ],
    [
      'trunks',
      'new',
      { addresses: ['192.0.2.9'], credentials: { user: 'me' } },
      'directory.not-valid',
      'trunks.new.credentials.password',
    ],
    ['trunks', 'phones', { addresses: ['192.0.2.9'] }, 'directory.not-valid', 'trunks.phones.name'],
    ['routes', 'new', { number: '1', to: { trunk: 'nowhere' } }, 'directory.not-valid', 'routes.new.to.trunk'],
    [
      'routes',
      'new',
      { number: '1', to: { phone: 'alice', trunk: 'carrier' } },
      'directory.not-valid',
      'routes.new.to',
    ],
    ['routes', 'new', { number: '1', to: { uri: 'sip:[2001::g]' } }, 'directory.not-valid', 'routes.new.to.uri'],
    [
      'routes',
      'new',
      { number: '1', from: 'nobody', to: { phone: 'alice' } },
      'directory.not-valid',
      'routes.new.from',
    ],
  ]
  for (const [kind, name, body, refused, key] of rows) {
    const answer = put(kind, name, body)
    t.match(
      answer,
      { refused, ...(key === '' ? {} : { problems: [{ key, says: /\w/, advice: /\w/ }] }) },
      `${kind} ${name} ${key}`,
    )
  }
  t.equal(holder.picture, EMPTY_PICTURE)
  t.strictSame(applied, [])
  t.equal(
    put('trunks', 'other', { addresses: ['192.0.2.2'], outbound: { uri: 'sip:192.0.2.2' }, allowDestinations: ['*'] }),
    'taken',
  )
  t.equal(put('routes', 'out', { number: '*', to: { trunk: 'other' } }), 'taken')
  t.match(edit('trunks', 'other', { do: 'remove' }), {
    refused: 'directory.referred-to',
    problems: [{ key: 'routes.out.to.trunk' }],
  })
  t.match(edit('trunks', 'other', { do: 'patch', patch: { allowDestinations: [] } }), {
    refused: 'directory.not-valid',
    problems: [{ key: 'routes.out.to.trunk' }],
  })
})

t.test('secrets are sealed, kept by who does not send them, and told to nobody', async (t) => {
  const { put, edit, bodyOf, running, holder, outside, take } = bench()
  const password = () => running().phones[1]?.password?.reveal()
  put('phones', 'bob', { password: 'password-of-bob' })
  const sealed = (bodyOf('phones', 'bob') as { password: string }).password
  t.notMatch(inspect(holder.picture, { depth: 9 }), /password-of-bob/)
  put('phones', 'bob', { displayName: 'Bob' })
  t.equal((bodyOf('phones', 'bob') as { password: string }).password, sealed)
  put('phones', 'bob', { displayName: 'Bob', password: 'password-of-bob' })
  t.equal((bodyOf('phones', 'bob') as { password: string }).password, sealed, 'the same password is no change')
  edit('phones', 'bob', { do: 'patch', patch: { password: 'another' } })
  t.equal(password(), 'another')
  t.match(bodyOf('phones', 'bob'), { displayName: 'Bob' })
  put('phones', 'bob', { ha1Md5: '0'.repeat(32) })
  t.equal(password(), undefined, 'hashes take its place')
  t.equal(running().phones[1]?.ha1Md5?.reveal(), '0'.repeat(32))
  t.same(differenceOf('phones', { password: 'sealed-1' }, { password: 'sealed-2', displayName: 'B' }), {
    password: { from: '(secret)', to: '(secret)' },
    displayName: { to: 'B' },
  })

  put('trunks', 'other', { addresses: ['192.0.2.2'], credentials: { user: 'me', password: 'password-elsewhere' } })
  const text = writeDirectoryFile(holder.picture)
  t.notMatch(text, /password|ha1|000000/)
  const read = readDirectoryFile(text.replace('user: me', 'user: you'))
  if ('problems' in read) throw new Error(JSON.stringify(read.problems))
  const changes = changesTo(holder.picture, read, outside.plan.seal)
  t.match(
    changes.map(({ name }) => name),
    ['other'],
    'what was exported changes nothing but what was edited',
  )
  t.equal(take(decideChanges(holder.picture, changes, outside)), 'taken')
  t.equal(running().trunks[1]?.credentials?.password.reveal(), 'password-elsewhere')
  t.equal(running().trunks[1]?.credentials?.user, 'you')
  edit('trunks', 'other', { do: 'patch', patch: { credentials: null } })
  t.notOk('credentials' in (bodyOf('trunks', 'other') ?? {}))
  t.equal(running().trunks[1]?.credentials, undefined)
})

t.test(
  'the file goes before: what it has of the same name counts, and what does not fit it is left out or refuses it',
  async (t) => {
    const { put, reloader, state, running, keeper, lines } = bench()
    put('phones', 'bob', { password: 'password-of-bob' })
    put('trunks', 'other', { addresses: ['192.0.2.2'] })
    put('routes', 'in', { from: 'carrier', number: '2*', to: { phone: 'bob' } })
    state.text = PLAN.replace('account: alice, displayName: Alice', 'account: bob, displayName: Bob of the file')
      .replace('[alice]', '[bob]')
      .replace('phone: alice', 'phone: bob')
    t.match(await reloader.reload(), {
      result: 'reloaded',
      applied: [{ setting: 'phones[alice]', change: 'removed' }, { change: 'changed' }, {}, {}],
    })
    t.match(running().phones, [{ account: 'bob', displayName: /file/ }])
    t.equal(running().phones.length, 1)
    t.match(keeper.current().problems, [{ key: 'phones.bob.name' }])
    t.match(lines.join(''), /"setting":"phones\.bob\.name".*directory\.left-out/)

    const before = running()
    state.text = PLAN.replaceAll('carrier', 'supplier')
    t.match(await reloader.reload(), { result: 'refused', problems: [{ key: 'directory.routes.in.from' }] })
    t.equal(running(), before, 'nothing was changed')
    state.text = PLAN.replace('addresses: [192.0.2.1]', 'addresses: [192.0.2.2]')
    t.match(await reloader.reload(), { problems: [{ key: 'directory.trunks.other.addresses[0]' }] })
  },
)

t.test('a server that starts with a store that does not fit uses the rest of it', async (t) => {
  const filled = bench()
  filled.put('phones', 'bob', { password: 'password-of-bob' })
  filled.put('trunks', 'other', {
    addresses: ['192.0.2.2'],
    outbound: { uri: 'sip:192.0.2.2' },
    allowDestinations: ['*'],
  })
  filled.put('routes', 'out', { number: '9*', to: { trunk: 'other' } })
  filled.put('routes', 'in', { number: '2*', to: { phone: 'bob' } })
  const { picture } = filled.holder
  const clash = PLAN.replace('192.0.2.1', '192.0.2.2')
  const begun = keptPlan({ picture: () => picture }, { text: clash })
  begun.reloader.takeDirectory()
  t.strictSame(
    begun.running().trunks.map(({ name }) => name),
    ['carrier'],
  )
  t.strictSame(
    begun.running().routes.map(({ number }) => number),
    ['100', '2*'],
  )
  t.strictSame(
    begun.keeper.current().problems.map(({ key }) => key),
    ['trunks.other.addresses[0]', 'routes.out.to.trunk'],
  )
  const otherKey = { ...begun.keeper.outside, seal: createSealing(Buffer.alloc(32, 8)) }
  const { dialPlanOf } = await import('../../src/directory/dial-plan.ts')
  t.match(dialPlanOf(picture, otherKey).problems, [{ key: 'phones.bob.secrets', says: /key that seals/ }, {}, {}])
})

t.test('a secret is taken away alone by null, put or patched, and what is left has to do', (t) => {
  const { put, edit, bodyOf } = bench()
  const hashes = { ha1Sha256: 'a'.repeat(64), ha1Md5: 'b'.repeat(32) }
  t.equal(put('phones', 'bob', hashes), 'taken')
  t.equal(edit('phones', 'bob', { do: 'patch', patch: { ha1Md5: null } }), 'taken')
  t.strictSame(secretsSet('phones', bodyOf('phones', 'bob') ?? {}), ['ha1Sha256'])
  t.match(edit('phones', 'bob', { do: 'patch', patch: { ha1Sha256: null } }), { refused: 'directory.not-valid' })
  t.equal(put('phones', 'bob', { displayName: 'Bob', ha1Sha256: null, password: 'password-of-bob' }), 'taken')
  t.strictSame(secretsSet('phones', bodyOf('phones', 'bob') ?? {}), ['password'])
  t.match(put('phones', 'bob', { displayName: null }), { refused: 'directory.not-valid' }, 'null is for secrets alone')
  const trunk = { addresses: ['192.0.2.9'], credentials: { user: 'me', password: 'password-elsewhere' } }
  t.equal(put('trunks', 'other', trunk), 'taken')
  const refused = edit('trunks', 'other', { do: 'patch', patch: { credentials: { password: null } } })
  t.match(refused, { refused: 'directory.not-valid', problems: [{ key: 'trunks.other.credentials.password' }] })
  t.equal(edit('trunks', 'other', { do: 'patch', patch: { credentials: null } }), 'taken')
  t.strictSame(secretsSet('trunks', bodyOf('trunks', 'other') ?? {}), [])
  t.end()
})
