/** The submission against a real TLS service that misbehaves in every way of R-26, and in some more. */

import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Clock } from '../../src/base/clock.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import type { Plan, Validation } from '../../src/vault/contract.ts'
import { Entry } from '../../src/vault/entry.ts'
import { prepareRequest } from '../../src/vault/request.ts'
import { type Submission, type SubmitResult, submit } from '../../src/vault/submit.ts'
import { makeAuthority } from '../peers/authority.ts'
import { steppedClock } from '../peers/stepped-clock.ts'
import {
  ACCEPTED,
  JSON_ACCEPTED,
  startValidationPeer,
  type ValidationBehaviour,
  type ValidationPeer,
  type ValidationPeerOptions,
} from '../peers/validation-peer.ts'
import { planFor, realClock } from './bench.ts'
import { partsOf } from './plans.ts'
import { keyInto } from './spans.ts'

const LIMIT_MS = 20_000

function begin(
  peer: ValidationPeer,
  clock: Clock,
  onResult: (result: SubmitResult) => void,
  change: Partial<Validation> = {},
): Submission {
  const base = planFor({ validationPort: peer.port, authority: peer.authority, transactionId: 'T-1' })
  const plan: Plan = { ...base, validation: { ...base.validation, timeoutMs: LIMIT_MS, ...change } }
  const entry = new Entry()
  keyInto(entry, '4012888888881881', '1227', '123')
  return submit({ plan, request: prepareRequest(plan, partsOf(plan), 1), entry, clock, onResult })
}

function send(peer: ValidationPeer, change: Partial<Validation> = {}, clock: Clock = realClock): Promise<SubmitResult> {
  return new Promise((resolve) => void begin(peer, clock, resolve, change))
}

function pinOf(certificate: string): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(key).digest('base64')
}

const accepted = { value: 'accepted', details: 'That number was good' }
const behaviours: readonly [ValidationBehaviour, unknown][] = [
  ['accept', accepted],
  ['decline', { value: 'declined', details: 'Not this one' }],
  ['chunked', accepted],
  ['http-1.0', accepted],
  ['drop', { failure: 'validation-bad-reply' }],
  ['reset', { failure: 'validation-bad-reply' }],
  ['status-500', { failure: 'validation-refused' }],
  ['garbage', { failure: 'validation-bad-reply' }],
  ['huge', { failure: 'validation-bad-reply' }],
  ['truncated', { failure: 'validation-bad-reply' }],
  ['redirect', { failure: 'validation-refused' }],
]

for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
  t.test(`a service over ${maxVersion}`, async (t) => {
    const peer = await startValidationPeer({ maxVersion })
    t.teardown(() => peer.close())
    for (const [behaviour, result] of behaviours) {
      await t.test(`${behaviour}: ${JSON.stringify(result)}`, async (t) => {
        peer.behave(behaviour)
        const before = { requests: peer.requests.length, sent: peer.sent }
        // In time that stands still: no limit has a part in it.
        t.same(await send(peer, {}, steppedClock()), result)
        t.equal(peer.requests.length - before.requests, 1, 'it was asked once')
        t.match(peer.requests.at(-1)?.body.toString(), /name="credit card" value="4012888888881881"/, 'for all of it')
        // What the far end wrote into the buffers of two sockets is not what was read; but it is not fifty megabytes.
        if (behaviour === 'huge') t.ok(peer.sent - before.sent < 20_000_000, 'and was not heard to the end')
      })
    }
    for (const behaviour of ['hang', 'drip'] as const) {
      await t.test(`${behaviour}: given up when its time is over, and not before`, async (t) => {
        peer.behave(behaviour)
        const clock = steppedClock()
        const before = { requests: peer.requests.length, sent: peer.sent }
        const results: SubmitResult[] = []
        begin(peer, clock, (result) => results.push(result))
        const isAnswering = () => behaviour === 'hang' || peer.sent > before.sent + 3
        await until(() => peer.requests.length > before.requests && isAnswering(), 'the request', 20_000)
        clock.step(LIMIT_MS - 1)
        t.same(results, [])
        clock.step(1)
        t.same(results, [{ failure: 'validation-timed-out' }])
        t.equal(peer.requests.length - before.requests, 1, 'it was asked once')
      })
    }
  })
}

t.test('a reply that is not in the strict form', async (t) => {
  const peer = await startValidationPeer()
  t.teardown(() => peer.close())
  peer.behave('accept', '<outcome value="accepted" details="That number was good"/>')
  t.same(await send(peer), { failure: 'validation-bad-reply' })
  t.same(await send(peer, { reply: 'lenient' }), accepted)
  peer.behave('accept', ACCEPTED.replace('"accepted"', '"maybe"'))
  t.same(await send(peer), { failure: 'validation-bad-reply' })
})

const NO_PIN = `${'A'.repeat(43)}=`
const certificates: readonly [string, ValidationPeerOptions, Partial<Validation>, string][] = [
  ['an expired certificate', { certificate: 'expired' }, {}, 'expired'],
  ['a certificate for another name', { certificate: 'wrong-name' }, {}, 'wrong-name'],
  ['a certificate of nobody we know', { certificate: 'self-signed' }, {}, 'unknown-authority'],
  ['a good certificate, but no authority is trusted', {}, { authorities: [] }, 'unknown-authority'],
  ['a good certificate, but another name is asked for', {}, { serverName: 'pay.example' }, 'wrong-name'],
  ['a good certificate, but another key is pinned', {}, { pins: [NO_PIN] }, 'pin-mismatch'],
  ['a service that speaks TLS 1.1 at most', { maxVersion: 'TLSv1.1' }, {}, 'untrusted'],
]
for (const [what, options, change, why] of certificates) {
  t.test(`${what}: ${why}, and nothing is sent`, async (t) => {
    const peer = await startValidationPeer(options)
    t.teardown(() => peer.close())
    t.same(await send(peer, change), { failure: `validation-${why}` })
    t.equal(peer.requests.length, 0)
    t.ok(peer.connections <= 1, 'and it is not tried again')
  })
}

t.test('a pin is one of several, beside the trust in the certificate', async (t) => {
  const peer = await startValidationPeer()
  t.teardown(() => peer.close())
  const pin = pinOf(peer.certificate)
  t.same(await send(peer, { pins: [NO_PIN, pin] }), accepted)
  t.same(await send(peer, { pins: [pin], authorities: [] }), { failure: 'validation-unknown-authority' })
})

t.test("the service's own certificate is trusted when it is the one that was named", async (t) => {
  const peer = await startValidationPeer()
  const expired = await startValidationPeer({ certificate: 'expired' })
  t.teardown(() => Promise.all([peer.close(), expired.close()]))
  t.same(await send(peer, { authorities: [peer.certificate] }), accepted)
  t.same(
    await send(expired, { authorities: [expired.certificate] }),
    { failure: 'validation-expired' },
    'while it is valid',
  )
})

t.test('old and new authorities are trusted side by side', async (t) => {
  const old = await startValidationPeer()
  const renewed = await startValidationPeer()
  t.teardown(() => Promise.all([old.close(), renewed.close()]))
  const authorities = [old.authority, renewed.authority]
  t.same(await send(old, { authorities }), accepted)
  t.same(await send(renewed, { authorities }), accepted)
})

const types: readonly [type: string, document: string, format: 'xml' | 'json', taken: boolean][] = [
  ['text/xml', ACCEPTED, 'xml', true],
  ['application/xml; charset=utf-8', ACCEPTED, 'xml', true],
  ['text/html', ACCEPTED, 'xml', true],
  ['', ACCEPTED, 'xml', true],
  ['application/json', ACCEPTED, 'xml', false],
  ['application/octet-stream', ACCEPTED, 'xml', false],
  ['application/json', JSON_ACCEPTED, 'json', true],
  ['application/vnd.example+json;v=1', JSON_ACCEPTED, 'json', true],
  ['text/plain', JSON_ACCEPTED, 'json', false],
  ['', JSON_ACCEPTED, 'json', false],
  ['text/xml', JSON_ACCEPTED, 'json', false],
]
t.test('a reply is read when its type is that of the format', async (t) => {
  const peer = await startValidationPeer()
  t.teardown(() => peer.close())
  for (const [type, document, format, taken] of types) {
    peer.behave('accept', document, type)
    const result = taken ? accepted : { failure: 'validation-bad-reply' }
    t.same(await send(peer, { format }), result, `${format} as "${type}"`)
  }
})

t.test('a server name that the certificate has is found', async (t) => {
  const peer = await startValidationPeer()
  t.teardown(() => peer.close())
  t.same(await send(peer, { serverName: 'localhost' }), accepted)
  t.same(await send(peer, { host: 'localhost' }), accepted)
})

t.test('a service that demands a certificate', async (t) => {
  const authority = makeAuthority('Clients')
  const clientCertificate = authority.issue(['DNS:sotto.example'])
  const peer = await startValidationPeer({ clientAuthority: authority.certificate })
  t.teardown(async () => {
    authority.close()
    await peer.close()
  })
  t.same(await send(peer, { clientCertificate }), accepted)
  t.same(await send(peer), { failure: 'validation-untrusted' })
  t.equal(peer.requests.length, 1)
})

t.test('a client certificate that TLS cannot load: untrusted, and no memory stays locked', async (t) => {
  const authority = makeAuthority('Clients')
  const [{ certificate }, { key }] = [authority.issue(['DNS:one.example']), authority.issue(['DNS:other.example'])]
  const peer = await startValidationPeer()
  t.teardown(async () => {
    authority.close()
    await peer.close()
  })
  const plan = planFor({ validationPort: peer.port, authority: peer.authority, transactionId: 'T-1' })
  const validation = { ...plan.validation, clientCertificate: { certificate, key } }
  const request = prepareRequest(plan, partsOf(plan), 1)
  const entry = new Entry()
  keyInto(entry, '4012888888881881', '1227', '123')
  const before = lockedKb()
  for (let times = 0; times < 5; times++) {
    const { promise, resolve } = Promise.withResolvers<SubmitResult>()
    const submission = submit({ plan: { ...plan, validation }, request, entry, clock: realClock, onResult: resolve })
    t.same(await promise, { failure: 'validation-untrusted' })
    submission.abort()
    t.notOk(submission.sent)
  }
  t.equal(lockedKb(), before)
  t.equal(peer.connections, 0)
  entry.close()
})

/** What this process has locked in memory (proc_pid_status(5)). */
function lockedKb(): number {
  return Number(/^VmLck:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
}

t.test('nobody at the port: unreachable', async (t) => {
  const peer = await startValidationPeer()
  await peer.close()
  t.same(await send(peer), { failure: 'validation-unreachable' })
})

t.test('an aborted submission gives no result and ends its connection', async (t) => {
  const peer = await startValidationPeer()
  t.teardown(() => peer.close())
  peer.behave('hang')
  const submission = begin(peer, steppedClock(), () => t.fail('a result after the abort'))
  await until(() => peer.requests.length > 0, 'the request', 20_000)
  submission.abort()
  submission.abort()
  await pause(50)
  t.equal(peer.requests.length, 1)
})
