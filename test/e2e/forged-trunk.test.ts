/**
 * An INVITE that anybody may have sent in the name of a trunk, over UDP, with the address of somebody else for its sound: who is named
 * there gets half a second of it, until whoever sent it shows that he hears us.
 */

import t from 'tap'
import { pause, until } from '../../src/demo/waiting.ts'
import { UNPROVED_PACKETS } from '../../src/media/terms.ts'
import { startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { udpSocket } from '../peers/udp-socket.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(120_000)

/** Who never asked for anything. */
const VICTIM = '127.0.0.9'
/** RTCP is not counted: a report in five seconds. */
const RTP_VERSION = 2

t.test('who is named by a forged INVITE', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
  })
  await sotto.agent()
  const forger = await udpSocket(t, TRUNK_ADDRESS)
  const victim = await udpSocket(t, VICTIM)
  let arrived = 0
  victim.on('message', (octets) => {
    if ((octets[0] as number) >> 6 === RTP_VERSION) arrived++
  })
  const answers: string[] = []
  forger.on('message', (octets) => answers.push(octets.toString('latin1')))
  const send = (lines: readonly string[], body = '') => {
    const text = [...lines, `Content-Length: ${body.length}`, '', body].join('\r\n')
    forger.send(text, sotto.sipPort, '127.0.0.1')
  }
  const { port } = forger.address()
  const about = (method: string, to: string) => [
    `${method} sip:100@127.0.0.1:${sotto.sipPort} SIP/2.0`,
    `Via: SIP/2.0/UDP ${TRUNK_ADDRESS}:${port};branch=z9hG4bK${method.toLowerCase()}1`,
    `From: <sip:+4930@${TRUNK_ADDRESS}>;tag=one`,
    to,
    'Call-ID: forged@nowhere',
    `CSeq: 1 ${method}`,
    'Max-Forwards: 70',
    `Contact: <sip:+4930@${TRUNK_ADDRESS}:${port}>`,
  ]
  const offer = [
    'v=0',
    `o=- 1 1 IN IP4 ${VICTIM}`,
    's=-',
    `c=IN IP4 ${VICTIM}`,
    't=0 0',
    `m=audio ${victim.address().port} RTP/AVP 8`,
    'a=rtpmap:8 PCMA/8000',
    '',
  ].join('\r\n')
  send([...about('INVITE', 'To: <sip:100@127.0.0.1>'), 'Content-Type: application/sdp'], offer)
  await sotto.event(({ type }) => type === 'call.bridged', 'the agent answered')
  const ok = () => answers.find((answer) => answer.startsWith('SIP/2.0 200'))
  await until(() => ok() !== undefined && arrived >= UNPROVED_PACKETS, 'the beginning of it arrives')
  await pause(3000)
  t.equal(
    arrived,
    UNPROVED_PACKETS,
    'three seconds later nothing more has gone to who is named, though the agent talks',
  )

  const tag = /^To: .*;tag=([^;\s]+)/im.exec(ok() ?? '')?.[1] ?? ''
  send(about('ACK', `To: <sip:100@127.0.0.1>;tag=${tag}`))
  await until(() => arrived > 2 * UNPROVED_PACKETS, 'who hears our 200 is sent to')
  t.pass('after the ACK it is no forgery any more')
})
