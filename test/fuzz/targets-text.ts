/** Fuzzed readers of what an organisation gives: answers of its validation service, its configuration, its certificates and keys. */

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readConfig } from '../../src/base/config.ts'
import { Fault } from '../../src/base/fault.ts'
import { readSealingKey } from '../../src/base/sealing-key.ts'
import { readPrivateKey } from '../../src/record/open.ts'
import { readRecordingCertificate } from '../../src/record/recipients.ts'
import { clientContext, serverContexts } from '../../src/sip/tls-contexts.ts'
import { Entry } from '../../src/vault/entry.ts'
import { findBody } from '../../src/vault/http-reply.ts'
import { readAnswer } from '../../src/vault/reply.ts'
import { makeAuthority } from '../peers/authority.ts'
import { openssl } from '../record/recording-keys.ts'
import { keyInto } from '../vault/spans.ts'
import { holds, type Target } from './target.ts'

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8')
const CARD = '4012888888881881'
const D = `<?xml version="1.0" encoding='UTF-8'?>`
const XML = [
  `${D}\n<outcome value="accepted" details="That number was good"/>`,
  `${D}<outcome  details = 'x &lt;&#65;&#x1F4B6; ${CARD}' reference="r-1"\n value = 'declined' ></outcome >`,
]
const JSON_REPLIES = [
  '{"value":"accepted","details":"good","reference":"4711"}',
  `{ "details": "\\u00e4 \\"x\\" 4012 8888 8888 1881", "value": "declined", "more": {"a": [1, 2.5e3, true, null]} }`,
]

function answers(format: 'xml' | 'json', seeds: readonly string[]): Target {
  const entry = new Entry()
  keyInto(entry, CARD, '1227', '123')
  return {
    name: format,
    seeds: seeds.map(utf8),
    check: (octets) => {
      for (const form of ['strict', 'lenient'] as const) {
        const copy = Buffer.from(octets)
        const answer = readAnswer(copy, 0, copy.length, { format, form }, { entry, fields: 3 })
        if (answer === undefined) continue
        const { value, details, reference = '' } = answer
        holds(value === 'accepted' || value === 'declined', 'an answer is one of two')
        holds(details.length <= 256 && reference.length <= 64, 'texts are cut')
        holds(!/[\p{Cc}|]/u.test(details + reference), 'no control and no pipe gets through')
        holds(!`${details} ${reference}`.replace(/[^0-9]/g, '').includes(CARD), 'what was keyed gets through nowhere')
      }
    },
  }
}

const http: Target = {
  name: 'http',
  seeds: [
    `HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: ${XML[0]?.length}\r\n\r\n${XML[0]}`,
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\n{"val\r\na\r\nue":"accep\r\n0\r\nTrailer: a\r\n\r\n',
    'HTTP/1.0 200 OK\r\nconnection: close\r\n\r\n<outcome/>',
    'HTTP/1.1 302 Found\r\nLocation: https://example.com/\r\nContent-Length: 0\r\n\r\n',
  ].map(utf8),
  check: (octets) => {
    for (const ended of [false, true]) {
      const copy = Buffer.from(octets)
      const body = findBody(copy, copy.length, ended)
      holds(!ended || body.at !== 'more', 'at the end nothing more is waited for')
      if (body.at === 'whole')
        holds(0 <= body.from && body.from <= body.to && body.to <= copy.length, 'a body lies inside')
    }
  },
}

const config: Target = {
  name: 'config',
  cuts: 60,
  // Its owner's own file, read before there are calls or beside them once.
  slowestMs: 1000,
  rounds: 150,
  seeds: [
    readFileSync(new URL('../../config.example.yaml', import.meta.url)),
    utf8(
      'sip:\n  listeners:\n    - { transport: udp, address: 127.0.0.1, port: 5060 }\nphones: &p\n  - { account: alice, password: "a" }\nroutes:\n  - { number: "100", to: { phone: alice } }\nx: *p\n',
    ),
  ],
  check: (octets) => {
    const outcome = readConfig({ text: octets.toString('utf8'), env: {}, fileName: '/nowhere/sotto.yaml' })
    if ('problems' in outcome)
      holds(outcome.problems.length > 0 && outcome.problems.length <= 1000, 'a refusal says why')
    else holds(Object.isFrozen(outcome.config), 'a configuration is frozen')
  },
}

function certificates(): Target {
  const authority = makeAuthority()
  const { certificate, key } = authority.issue(['DNS:sip.example.com'])
  const authorities = authority.certificate
  authority.close()
  const tool = openssl()
  const recording = tool.selfSigned('own')
  tool.close()
  const nowMs = Date.now()
  const publicKey = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'pem' }).toString()
  return {
    name: 'pem',
    cuts: 150,
    slowestMs: 1000,
    seeds: [
      certificate,
      key,
      `${certificate}${authorities}`,
      publicKey,
      recording.certificate,
      recording.key,
      '{"kty":"OKP","crv":"X25519","x":"AAAA","kid":"1"}',
    ].map(utf8),
    check: (octets) => {
      const text = octets.toString('utf8')
      readSealingKey(text)
      for (const make of [
        () => serverContexts({ identities: [{ certificate: text, key }], clientAuthorities: undefined }),
        () => serverContexts({ identities: [{ certificate, key: text }], clientAuthorities: undefined }),
        () => clientContext({ authorities: text, identity: undefined }),
        () => readRecordingCertificate(text, nowMs),
        () => readPrivateKey(text),
        () => readPrivateKey(text, 'a passphrase'),
      ]) {
        try {
          make()
        } catch (thrown) {
          if (!(thrown instanceof Fault)) throw thrown
        }
      }
    },
  }
}

/** Made when they are used: an authority of its own is behind them. */
export function textTargets(): readonly Target[] {
  return [answers('xml', XML), answers('json', JSON_REPLIES), http, config, certificates()]
}
