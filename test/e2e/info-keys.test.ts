/**
 * Keys by SIP INFO from a caller that this project did not write: sipp on the trunk keys a card as application/dtmf-relay, and sends no event and no
 * tone. The number arrives whole, each key was told by INFO, and nobody but the vault has seen it.
 */

import { createSocket } from 'node:dgram'
import { join, resolve } from 'node:path'
import t from 'tap'
import { until } from '../../src/demo/waiting.ts'
import { startSipp } from '../peers/sipp.ts'
import { playing, waiting, writeSound } from '../peers/sipp-sound.ts'
import { CANARY, startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { CALLER_HUM_HZ, checkClean, nextYearsEnd } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

const CODE = '123'
const HUM_MS = 80_000
const HEARD_DBM0 = -25
const BETWEEN_KEYS_MS = 40
/** Of the first INFO; the INVITE's is 1. */
const FIRST_CSEQ = 2
const LAST_CSEQ = 200

t.setTimeout(300_000)

t.test('a card keyed by INFO', { timeout: 120_000 }, async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
  })
  const agent = await sotto.agent({})
  const hum = join(sotto.folder, 'hum.pcap')
  writeSound(hum, [{ humHz: CALLER_HUM_HZ, ms: HUM_MS }], 0x1234)
  // The date and the code are keyed ahead.
  const keys = `${CANARY}#${nextYearsEnd()}#${CODE}#`
  const infos = [...keys].map((key, i) => infoOf(key, FIRST_CSEQ + i))
  const caller = await startSipp({
    folder: join(sotto.folder, 'caller'),
    scenarioFile: resolve(import.meta.dirname, '../fixtures/sipp/caller.xml'),
    fill: {
      TURNS: [playing(hum), WAIT_TO_BE_TOLD, ...infos, WAIT_TO_BE_TOLD].join('\n'),
      'CSeq: 2 BYE': `CSeq: ${LAST_CSEQ} BYE`,
    },
    target: `127.0.0.1:${sotto.sipPort}`,
    service: '100',
    transport: 'udp',
    calls: 1,
    rate: 1,
    limitSeconds: 100,
    address: TRUNK_ADDRESS,
  })
  t.teardown(() => caller.stop())
  /** The scenario goes on. */
  const tell = () => sendTo(caller.port, `1-${caller.processId}@${TRUNK_ADDRESS}`)
  const { callId } = await sotto.event(({ type }) => type === 'call.bridged', 'bridged', 15_000)
  // The scenario has come to where it waits.
  await until(() => agent.sound.levelOf(CALLER_HUM_HZ, 300) > HEARD_DBM0, 'the agent hears the caller', 15_000)
  await sotto.startSecureSession(String(callId))
  await sotto.event(({ type }) => type === 'secure.asking', 'asked', 30_000)
  await tell()
  const ended = await sotto.event(({ type }) => type === 'secure.ended', 'the session over', 30_000)
  t.match(ended['outcome'], { result: 'accepted' })
  t.equal(ended['rejoined'], 'yes')
  t.equal(validation.requests.length, 1)
  const body = validation.requests[0]?.body.toString('utf8') ?? ''
  for (const value of [CANARY, nextYearsEnd(), CODE]) t.match(body, `value="${value}"`)
  await tell()
  await sotto.event(({ type }) => type === 'call.ended', 'the call over', 10_000)
  const { code, output } = await caller.ended
  t.equal(code, 0, `every INFO was answered with 200: ${output.slice(-500)}`)
  await checkClean(t, sotto, CANARY)
})

/** A request that the test sends, and that sipp answers in no way. */
const WAIT_TO_BE_TOLD = '<recv request="NOTIFY" />'

/** The answer comes last: what the test sends after it finds sipp where it waits for that. */
function infoOf(key: string, cseq: number): string {
  return `${waiting(BETWEEN_KEYS_MS)}
  <send retrans="500">
    <![CDATA[
      INFO [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: "Caller [call_number]" <sip:+4930[call_number]@[local_ip]:[local_port]>;tag=[pid]c[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
      [routes]
      Call-ID: [call_id]
      CSeq: ${cseq} INFO
      Max-Forwards: 70
      Content-Type: application/dtmf-relay
      Content-Length: [len]

      Signal=${key}
      Duration=160

    ]]>
  </send>
  <recv response="200" />`
}

async function sendTo(port: number, callId: string): Promise<void> {
  const socket = createSocket('udp4')
  const lines = [
    `NOTIFY sip:trunk@${TRUNK_ADDRESS}:${port} SIP/2.0`,
    'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-told',
    'From: <sip:test@127.0.0.1>;tag=test',
    `To: <sip:trunk@${TRUNK_ADDRESS}>`,
    `Call-ID: ${callId}`,
    'CSeq: 1 NOTIFY',
    'Content-Length: 0',
  ]
  await new Promise<void>((sent) =>
    socket.send(`${lines.join('\r\n')}\r\n\r\n`, port, TRUNK_ADDRESS, () => {
      socket.close()
      sent()
    }),
  )
}
