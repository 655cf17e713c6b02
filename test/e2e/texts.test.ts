/**
 * What people write to each other, through the whole server: two phones of baresip, one over UDP and one over TCP, and a call between phones of sip.js.
 * A card number in a text is seen by nobody and is nowhere afterwards; everything else arrives as it was written, and nothing during a secure session.
 */

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createCallCapture } from '../../src/demo/call-capture.ts'
import { until } from '../../src/demo/waiting.ts'
import { type Baresip, startBaresip } from '../peers/baresip.ts'
import { CANARY, type Sotto, startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { checkClean, hearEachOther, talk } from '../peers/talk.ts'
import { udpSocket } from '../peers/udp-socket.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

const LIMIT_MS = 20_000
const HUM_HZ = 2150
const MASKED = '#'.repeat(CANARY.length)

/** @returns a server, and its metrics. */
async function stage(t: Test, ...sip: readonly string[]) {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    phones: 3,
    // baresip 1.0 gives up when it is offered SHA-256.
    sip: ['digestAlgorithms: [MD5]', ...sip],
  })
  const { base, token } = sotto.server
  const metrics = async () => (await fetch(`${base}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text()
  return { validation, sotto, metrics }
}

/** A phone that writes to another account. What was written is in its folder, which is none of the server's. */
async function phone(t: Test, sotto: Sotto, nth: number, transport: string, writesTo: string): Promise<Baresip> {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-texts-'))
  const uri = (user: string) => `sip:${user}@127.0.0.1:${sotto.sipPort};transport=${transport}`
  const started = await startBaresip({
    folder,
    account: `<${uri(`agent-${nth}`)}>;auth_pass=agent-password-${nth};regint=60;answermode=manual`,
    humHz: HUM_HZ,
    record: false,
    writesTo: uri(writesTo),
  })
  t.teardown(async () => {
    await started.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  await started.printed(/registered successfully|200 OK/i, LIMIT_MS)
  return started
}

t.test('phones write to each other, over UDP and TCP', async (t) => {
  const { sotto, metrics } = await stage(t)
  const overUdp = await phone(t, sotto, 2, 'udp', 'agent-3')
  const overTcp = await phone(t, sotto, 3, 'tcp', 'agent-2')
  await overUdp.command('message', `pay with ${CANARY}, gr\u00fc\u00dfe \u{1f4b3}`)
  await overTcp.printed(new RegExp(`pay with ${MASKED}, gr\u00fc\u00dfe \u{1f4b3}`), LIMIT_MS)
  await overTcp.command('message', `${CANARY.replaceAll(/(....)(?=.)/g, '$1 ')}?`)
  await overUdp.printed(/#### #### #### ####\?/, LIMIT_MS)
  await overUdp.command('message', 'order 4711 is on its way')
  await overTcp.printed(/order 4711 is on its way/, LIMIT_MS)
  for (const one of [overUdp, overTcp]) t.notMatch(received(one), new RegExp(`6011|${CANARY.slice(-4)}`))
  await until(() => (sotto.log().match(/"sip\.text-answered"/g) ?? []).length >= 3, 'each was logged', LIMIT_MS)
  t.match(sotto.log(), /"method":"MESSAGE","callIdHash":"[0-9a-f]{16}"|"callIdHash":"[0-9a-f]{16}".*"method":"MESSAGE"/)
  t.notMatch(sotto.log(), /pay with|order 4711/, 'and nothing of what was written')
  const page = await metrics()
  t.match(page, /^sotto_messages_total\{outcome="passed"\} 3$/m)
  t.match(page, /^sotto_message_numbers_masked_total 2$/m)
  await checkClean(t, sotto)
})

t.test('of two phones of one account one has stopped: who wrote is told what the other one said', async (t) => {
  const { sotto, metrics } = await stage(t)
  const writer = await phone(t, sotto, 2, 'udp', 'agent-3')
  const [living, stopped] = [await phone(t, sotto, 3, 'udp', 'agent-2'), await phone(t, sotto, 3, 'udp', 'agent-2')]
  process.kill(stopped.processId, 'SIGSTOP')
  await writer.command('message', 'order 4711 is on its way')
  await living.printed(/order 4711 is on its way/, LIMIT_MS)
  // Before the writer gives up, which is after 32 s.
  await until(() => sotto.log().includes('"sip.text-answered"'), 'it was answered', LIMIT_MS)
  t.match(await metrics(), /^sotto_messages_total\{outcome="passed"\} 1$/m)
  await checkClean(t, sotto)
})

/** What a phone printed of what was written to it. */
function received({ log }: Baresip): string {
  return log()
    .split('\n')
    .filter((line) => line.includes('#') || line.includes('order'))
    .join('\n')
}

t.test('in a call to the other end, byte for byte; in a secure session to nobody', async (t) => {
  const { sotto, validation } = await stage(t)
  const [callers, agents] = [textsIn(), textsIn()]
  const talking = await talk(t, sotto, { caller: { capture: callers.capture }, agent: { capture: agents.capture } })
  const { caller, agent } = talking
  const write = (from: typeof caller, body: string, to?: string) => ask(t, sotto, from, body, to)
  for (const [body, told] of [
    [
      `${CANARY}\r\n\u{1f600}\u4f60\u597d \tgr\u00fc\u00dfe\r\n`,
      `${MASKED}\r\n\u{1f600}\u4f60\u597d \tgr\u00fc\u00dfe\r\n`,
    ],
    ['', ''],
  ] as const) {
    t.equal((await write(caller, body)).status, 200)
    t.equal(agents.bodies.at(-1), told)
  }
  t.equal((await write(caller, `${CANARY}!`, '100')).status, 200, 'outside of the call')
  t.equal(agents.bodies.at(-1), `${MASKED}!`)
  const html = await write(caller, `<b>${CANARY}</b>`, 'html')
  t.strictSame([html.status, html.accept], [415, 'text/plain'])

  const session = await talking.secure()
  await session.asked(0)
  const before = agents.bodies.length
  for (const to of [undefined, '100']) {
    const refused = await write(caller, CANARY, to)
    t.strictSame(
      [refused.status, refused.reason],
      [480, 'SIP;cause=480;text="Secure session"'],
      `to ${to ?? 'the agent'}`,
    )
  }
  await session.enter(CANARY)
  t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
  t.equal(validation.requests.length, 1)
  await hearEachOther(t, talking)
  t.equal(agents.bodies.length, before, 'nothing came to the agent meanwhile')
  // From here on the server answers where this came from: a phone is where it speaks.
  t.equal((await write(agent, `to the caller: ${CANARY}`)).status, 200)
  t.strictSame(callers.bodies, [`to the caller: ${MASKED}`])
  await checkClean(t, sotto)
})

t.test('where texts are not wanted they are refused, and read by nobody', async (t) => {
  const { sotto } = await stage(t, 'messages: refuse')
  const agents = textsIn()
  const { caller } = await talk(t, sotto, { agent: { capture: agents.capture } })
  for (const to of [undefined, '100']) {
    const { status, allow } = await ask(t, sotto, caller, CANARY, to)
    t.equal(status, 405)
    t.match(allow, /INVITE/)
    t.notMatch(allow, /MESSAGE/)
  }
  t.strictSame(agents.bodies, [])
  await checkClean(t, sotto)
})

/** A capture that keeps the texts that came to a phone. */
function textsIn() {
  const capture = createCallCapture(() => performance.timeOrigin + performance.now())
  const bodies: string[] = []
  const add: typeof capture.add = (...given) => {
    const [direction, , , bytes] = given
    const message = Buffer.from(bytes).toString('utf8')
    if (direction === 'received' && message.startsWith('MESSAGE '))
      bodies.push(message.slice(message.indexOf('\r\n\r\n') + 4))
  }
  return { bodies, capture: { ...capture, add } }
}

let asked = 1000

/** Writes a text past a phone, as a softphone with a chat window does. @param to absent: to whom it talks to. @returns the answer. */
async function ask(
  t: Test,
  sotto: Sotto,
  { sound, signalling }: Awaited<ReturnType<Sotto['caller']>>,
  body: string,
  to?: string,
) {
  const address = sound.address
  const socket = await udpSocket(t, address)
  const { port } = socket.address()
  const { callId, localTag, remoteTag } = signalling.dialog()
  asked += 1
  const isOutside = to === '100'
  const type = to === 'html' ? 'text/html' : 'text/plain'
  const request = [
    `MESSAGE sip:100@127.0.0.1:${sotto.sipPort} SIP/2.0`,
    `Via: SIP/2.0/UDP ${address}:${port};branch=z9hG4bK-text-${asked}`,
    'Max-Forwards: 70',
    `From: <sip:+493012345678@${address}>;tag=${isOutside ? 'outside' : localTag}`,
    `To: <sip:100@127.0.0.1>${isOutside ? '' : `;tag=${remoteTag}`}`,
    `Call-ID: ${isOutside ? `outside-${asked}` : callId}`,
    `CSeq: ${asked} MESSAGE`,
    `Subject: ${CANARY}`,
    ...(body === '' ? [] : [`Content-Type: ${type}`]),
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
  socket.send(request, sotto.sipPort, address === TRUNK_ADDRESS ? '127.0.0.1' : address)
  const [octets] = (await once(socket, 'message', { signal: AbortSignal.timeout(LIMIT_MS) })) as [Buffer]
  const answer = octets.toString('latin1')
  const header = (name: string) => new RegExp(`^${name}: *(.*?)\r?$`, 'im').exec(answer)?.[1] ?? ''
  return {
    status: Number(answer.split(' ')[1]),
    reason: header('Reason'),
    accept: header('Accept'),
    allow: header('Allow'),
  }
}
