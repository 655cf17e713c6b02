/**
 * A card number in a text over every transport, from somebody who may not even write: a second later it is nowhere in the memory of control, whether the
 * text could be read and was masked, or could not and was blanked.
 */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import t, { type Test } from 'tap'
import { pause, until } from '../../src/demo/waiting.ts'
import { searchMemory } from '../../src/leak/memory-search.ts'
import { digitsOf, needlesOf } from '../../src/leak/needles.ts'
import { makeAuthority } from '../peers/authority.ts'
import { freePort } from '../peers/free-port.ts'
import { type Sotto, startSotto } from '../peers/sotto.ts'
import { checkClean } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'
import { connectWs } from '../peers/ws-wire.ts'

t.setTimeout(300_000)

/** A published test card. */
const CARD = '5200828282828210'
const LIMIT_MS = 20_000

type Line = { send(text: string): void; readonly got: () => string; close(): void }

/** @returns a line over each transport. */
async function lines(sotto: Sotto, wsPort: number, wssPort: number): Promise<Readonly<Record<string, Line>>> {
  const udp = createSocket('udp4')
  udp.bind(0, '127.0.0.1')
  await once(udp, 'listening')
  const opened: Record<string, Line> = {
    UDP: lineOf(
      udp,
      'message',
      (text) => udp.send(text, sotto.sipPort, '127.0.0.1'),
      () => udp.close(),
    ),
  }
  const tcp = connectTcp(sotto.sipPort, '127.0.0.1')
  opened['TCP'] = lineOf(
    tcp,
    'data',
    (text) => tcp.write(text),
    () => tcp.destroy(),
  )
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const options = { host: '127.0.0.1', port: sotto.tlsPort, rejectUnauthorized: false }
    const tls = connectTls({ ...options, minVersion: version, maxVersion: version })
    await once(tls, 'secureConnect')
    opened[version] = lineOf(
      tls,
      'data',
      (text) => tls.write(text),
      () => tls.destroy(),
    )
  }
  for (const [name, url] of [
    ['WS', `ws://127.0.0.1:${wsPort}`],
    ['WSS', `wss://127.0.0.1:${wssPort}`],
  ] as const) {
    // Nothing hides behind the mask of frames.
    const ws = await connectWs(url, { generateMask: (mask) => mask.fill(0), rejectUnauthorized: false })
    opened[name] = lineOf(
      ws,
      'message',
      (text) => ws.send(text),
      () => ws.terminate(),
    )
  }
  return opened
}

type Source = { on(event: string, heard: (octets: Buffer) => void): unknown }

function lineOf(source: Source, event: string, send: (text: string) => void, close: () => void): Line {
  let got = ''
  source.on(event, (octets) => (got += octets.toString('latin1')))
  return {
    send: (text) => {
      got = ''
      send(text)
    },
    got: () => got,
    close,
  }
}

let cseq = 0

function textOf(transport: string, type: string, before: number): string {
  cseq += 1
  const body = `${'x '.repeat(before)}${CARD}`
  return [
    'MESSAGE sip:100@127.0.0.1 SIP/2.0',
    `Via: SIP/2.0/${transport.slice(0, 3)} 3f2a.invalid;rport;branch=z9hG4bK-text-${cseq}`,
    'Max-Forwards: 70',
    'From: <sip:somebody@127.0.0.1>;tag=own',
    'To: <sip:100@127.0.0.1>',
    `Call-ID: text-${cseq}`,
    `CSeq: ${cseq} MESSAGE`,
    `Subject: ${CARD}`,
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}

t.test('a card number in a text is nowhere a second later, over every transport', async (t: Test) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const authority = makeAuthority()
  t.teardown(() => authority.close())
  const [wsPort, wssPort] = [await freePort(), await freePort()]
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    tls: authority.issue(['DNS:localhost', 'IP:127.0.0.1']),
    listeners: [
      `{ transport: ws, address: 127.0.0.1, port: ${wsPort} }`,
      `{ transport: wss, address: 127.0.0.1, port: ${wssPort}, certificateFile: sip.pem, keyFile: sip.key }`,
    ],
  })
  const all = await lines(sotto, wsPort, wssPort)
  t.teardown(() => {
    for (const { close } of Object.values(all)) close()
  })
  for (const [name, line] of Object.entries(all)) {
    for (const [type, before, status] of [
      ['text/plain', 0, 401],
      ['text/plain', 1500, 401],
      ['text/html', 100, 415],
    ] as const) {
      line.send(textOf(name, type, before))
      await until(() => line.got().startsWith(`SIP/2.0 ${status} `), `${name}: ${status}`, LIMIT_MS)
      await pause(1000)
      const found = searchMemory(sotto.processes().control, needlesOf(digitsOf(CARD))).finds
      t.strictSame(found, [], `${name}, ${type}, behind ${before}`)
    }
  }
  await checkClean(t, sotto, CARD)
})
