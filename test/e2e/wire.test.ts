/**
 * One call on the wire as tshark reads it, a judge that this project did not write: our RTP is well-formed and goes on without a seam through
 * parting, vault and rejoin; no key reaches the agent's leg; and a re-INVITE of the caller in the middle of a secure session is answered
 * by us and disturbs nobody.
 */

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startBaresip } from '../peers/baresip.ts'
import { testCard } from '../peers/cards.ts'
import { startSipp } from '../peers/sipp.ts'
import { expect, scenario, sdp, send } from '../peers/sipp-scenario.ts'
import { playing, pressing, waiting, writeSound } from '../peers/sipp-sound.ts'
import { TRUNK_ADDRESS } from '../peers/sotto.ts'
import { AGENT_HUM_HZ, CALLER_HUM_HZ, LIMIT_SECONDS, openStage, sippEndsWell } from './crowd.ts'

const PORTS = [23_000, 23_099] as const
/** RTP timestamp units and milliseconds of a packet. */
const PACKET_UNITS = 160

t.setTimeout(300_000)

t.test('one call, read by tshark', { timeout: 90_000 }, async (t) => {
  const stage = await openStage(t, PORTS)
  const { sotto } = stage
  const agent = await startBaresip({
    folder: stage.folderOf('baresip'),
    account: `<sip:agent@127.0.0.1:${sotto.sipPort}>;auth_pass=agent-password-1;regint=60;answermode=auto`,
    humHz: AGENT_HUM_HZ,
    record: false,
  })
  t.teardown(() => agent.stop())
  await agent.printed(/registered successfully|200 OK/i, 10_000)
  const folder = stage.folderOf('sipp')
  const scenarioFile = join(folder, 'made.xml')
  writeFileSync(scenarioFile, scenario('caller who offers anew while keying', turnsOf(folder)))
  const sipp = await startSipp({
    folder,
    scenarioFile,
    fill: {},
    target: `127.0.0.1:${sotto.sipPort}`,
    service: '100',
    address: TRUNK_ADDRESS,
    transport: 'udp',
    calls: 1,
    rate: 1,
    limitSeconds: LIMIT_SECONDS,
  })
  t.teardown(() => sipp.stop())
  await sippEndsWell(t, sipp, folder)
  await stage.judge(1, testCard, { callerHz: CALLER_HUM_HZ, agentHz: AGENT_HUM_HZ })

  const read = (filter: string, ...fields: string[]): string[][] => {
    const parameters = ['-r', stage.captureFile, '-d', `udp.port==${sotto.sipPort},sip`, '-Y', filter, '-T', 'fields']
    const text = execFileSync('tshark', [...parameters, ...fields.flatMap((field) => ['-e', field])], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64_000_000,
    })
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'))
  }
  const ours = `udp.srcport >= ${PORTS[0]} && udp.srcport <= ${PORTS[1]}`
  t.strictSame(
    read(`_ws.malformed && (${ours} || udp.srcport == ${sotto.sipPort})`, 'frame.number'),
    [],
    'no message of ours is malformed',
  )
  const packets = read(
    `rtp && ${ours}`,
    'udp.srcport',
    'ip.dst',
    'rtp.ssrc',
    'rtp.seq',
    'rtp.timestamp',
    'rtp.marker',
    'rtp.p_type',
  )
  const byPort = Object.groupBy(packets, ([port]) => String(port))
  t.equal(Object.keys(byPort).length, 2, 'one stream to each leg')
  for (const stream of Object.values(byPort)) {
    const leg = stream?.[0]?.[1] === TRUNK_ADDRESS ? 'caller' : 'agent'
    t.ok((stream?.length ?? 0) > 1000, `packets to the ${leg}`)
    t.strictSame(wrongIn(stream ?? []), [], `the stream to the ${leg} goes on from packet to packet`)
  }
  t.ok(
    read(`rtpevent && ip.src == ${TRUNK_ADDRESS}`, 'frame.number').length > 100,
    'tshark sees the keys of the caller',
  )
  t.strictSame(read(`rtpevent && ${ours}`, 'frame.number'), [], 'and none on the way to the agent')
  t.equal(
    read(`sip.Method == "INVITE" && udp.dstport == ${agent.sipPort}`, 'frame.number').length,
    1,
    'the agent hears of no re-INVITE',
  )
  t.equal(
    read(`sip.Method == "INVITE" && udp.srcport == ${sotto.sipPort} && ip.dst == ${TRUNK_ADDRESS}`, 'frame.number')
      .length,
    0,
    'the caller is sent none',
  )
  t.ok(read(`rtcp.pt == 200 && ${ours}`, 'rtcp.ssrc.identifier').length > 0, 'sender reports go along')
})

/** The call, with a re-INVITE between the halves of the card number. */
function turnsOf(folder: string): readonly string[] {
  const [before, after] = [join(folder, 'before.pcap'), join(folder, 'after.pcap')]
  writeSound(before, [{ humHz: CALLER_HUM_HZ, ms: 2500 }], 1)
  writeSound(after, [{ humHz: CALLER_HUM_HZ, ms: 13_000 }], 2)
  const { number, expiry, code } = testCard(1)
  return [
    send('INVITE', { cseq: 1, sdp: sdp() }),
    expect(100, { optional: true }),
    expect(180, { optional: true }),
    expect(200, { keepsRoute: true }),
    send('ACK', { cseq: 1, inDialog: true }),
    ...[playing(before), waiting(3000), pressing(number.slice(0, 8)), waiting(4400)],
    send('INVITE', { cseq: 2, inDialog: true, sdp: sdp(2) }),
    expect(100, { optional: true }),
    expect(200, { has: /m=audio [1-9].*8/, keepsRoute: true }),
    send('ACK', { cseq: 2, inDialog: true }),
    ...[waiting(100), pressing(`${number.slice(8)}#`), waiting(5500)],
    ...[pressing(`${expiry}#`), waiting(4500), pressing(`${code}#`), waiting(3500)],
    ...[playing(after), waiting(13_000)],
    send('BYE', { cseq: 3, inDialog: true }),
    expect(200),
  ]
}

/** @param stream rows of port, address, SSRC, sequence, timestamp, marker and payload type. @returns what breaks the row, in words. */
function wrongIn(stream: readonly (readonly string[])[]): readonly string[] {
  const wrong: string[] = []
  for (const [i, row] of stream.entries()) {
    const before = stream[i - 1]
    const marked = row[5] === '1' || row[5] === 'True'
    if (before === undefined) continue
    const step = (Number(row[3]) - Number(before[3])) & 0xffff
    const ahead = (Number(row[4]) - Number(before[4])) | 0
    if (row[2] !== before[2]) wrong.push(`packet ${i}: SSRC`)
    if (row[6] !== before[6]) wrong.push(`packet ${i}: payload type ${row[6]}`)
    if (step !== 1) wrong.push(`packet ${i}: sequence ${step}`)
    // A jump of the timeline, after a pause or a change of source, is legal where the marker says so (RFC 3551 section 4.1).
    if (ahead <= 0 || (ahead !== PACKET_UNITS && !marked))
      wrong.push(`packet ${i}: timestamp ${ahead}, ${marked ? '' : 'no '}marker`)
  }
  const markers = stream.filter((row) => row[5] === '1' || row[5] === 'True').length
  if (markers > 10) wrong.push(`${markers} markers`)
  return wrong
}
