/**
 * Keys from where no key may come: a third address, the agent's leg, INFO within and outside the dialog, and RTCP that says
 * goodbye; and a card number that somebody writes (MESSAGE). None enters the session, none ends it, and none reaches the other leg.
 */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { createCallCapture } from '../../src/demo/call-capture.ts'
import { EventSender } from '../../src/rtp/telephone-event.ts'
import { CANARY, type Sotto, startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { checkClean, checkParted, codesOf, hearEachOther, talk } from '../peers/talk.ts'
import { udpSocket } from '../peers/udp-socket.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

/** An address that has no part in the call. */
const STRANGER = '127.0.0.3'
const FOREIGN_KEYS = '7777'
/** A published test card, told by INFO. */
const INFO_CARD = '5200828282828210'
/** Another, written in a MESSAGE. */
const WRITTEN_CARD = '3566002020360505'
const BYE = 203

/** Dialog of a leg, as its phone knows it. */
type Dialog = { readonly callId: string; readonly own: string; readonly far: string; readonly target: string }

t.test('keys and goodbyes of others', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    // The rest of the number is keyed after all of it.
    secureInput: ['interDigitSeconds: 120'],
  })
  const legs = { caller: listener(), agent: listener() }
  const talking = await talk(t, sotto, { caller: { capture: legs.caller }, agent: { capture: legs.agent } })
  const { caller, agent } = talking
  const ports = [caller, agent].map(({ sound }) => {
    const fromPort = sound.heard.at(-1)?.fromPort
    if (fromPort === undefined) throw new Error('nothing was heard')
    return fromPort
  })
  const session = await talking.secure()
  await session.asked(0)
  await talking.key(CANARY.slice(0, 8))
  await session.event('secure.progress', 10_000, ({ keys }) => keys === 8)
  const from = sotto.events.length

  await t.test('events from a third address, with any SSRC and with the true one', async (t) => {
    for (const port of ports) {
      for (const ssrc of [0x1234_5678, caller.sound.ssrc, agent.sound.ssrc]) {
        for (const payloadType of [96, 101]) {
          await sendKeys(t, STRANGER, port, payloadType, ssrc)
          await sendKeys(t, TRUNK_ADDRESS, port, payloadType, ssrc)
        }
      }
    }
  })
  await t.test('events and tones on the agent leg', async () => {
    await agent.sound.press(codesOf(FOREIGN_KEYS), 'event', 60, 40)
    await agent.sound.press(codesOf(FOREIGN_KEYS), 'in-band', 60, 40)
  })
  await t.test('INFO in the dialog of the agent, and one of the caller that is no key', async (t) => {
    t.equal(await info(t, sotto, '127.0.0.1', legs.agent.dialog(), '7'), 200)
    for (const [address, leg] of [
      [TRUNK_ADDRESS, legs.caller],
      ['127.0.0.1', legs.agent],
    ] as const) {
      t.equal(await info(t, sotto, address, leg.dialog(), INFO_CARD), 200)
    }
  })
  await t.test('INFO outside the dialog', async (t) => {
    const dialog = legs.caller.dialog()
    for (const other of [
      { ...dialog, far: 'wrong' },
      { ...dialog, own: 'wrong' },
      { ...dialog, callId: 'another@nowhere' },
    ]) {
      t.equal(await info(t, sotto, TRUNK_ADDRESS, other, '7'), 481)
      t.equal(await info(t, sotto, TRUNK_ADDRESS, other, INFO_CARD), 481)
    }
  })
  await t.test(
    'a card number that is written to us: refused within and outside the dialog, and told to nobody',
    async (t) => {
      const dialogs = [
        [TRUNK_ADDRESS, legs.caller.dialog()],
        ['127.0.0.1', legs.agent.dialog()],
      ] as const
      for (const [address, dialog] of dialogs) {
        const { status, reason } = await write(t, sotto, address, dialog, WRITTEN_CARD)
        t.equal(status, 480)
        t.match(reason, /Secure session/)
      }
      const wrong = { ...legs.caller.dialog(), far: 'wrong' }
      t.equal((await write(t, sotto, STRANGER, wrong, WRITTEN_CARD)).status, 481)
      for (const leg of [legs.caller, legs.agent]) t.notMatch(leg.methods.join(' '), /MESSAGE/)
    },
  )
  await t.test('RTCP BYE of the true sources, from everywhere, on both ports', async (t) => {
    for (const [i, { sound }] of [caller, agent].entries()) {
      const port = ports[i] ?? 0
      const goodbye = Buffer.alloc(8)
      goodbye.set([0x81, BYE, 0, 1])
      goodbye.writeUInt32BE(sound.ssrc, 4)
      const report = Buffer.alloc(8)
      report.set([0x80, 201, 0, 1])
      report.writeUInt32BE(sound.ssrc, 4)
      for (const octets of [goodbye, Buffer.concat([report, goodbye])]) {
        sound.sendRaw(octets)
        for (const address of [STRANGER, sound.address]) {
          const socket = await udpSocket(t, address)
          for (const to of [port, port + 1]) socket.send(octets, to, '127.0.0.1')
        }
      }
    }
  })
  await t.test('the session has noticed nothing', async (t) => {
    await talking.key(CANARY.slice(8, 9))
    await session.event('secure.progress', 10_000, ({ keys }) => keys === 9)
    t.strictSame(
      sotto.events.slice(from).map(({ type }) => type),
      ['secure.progress'],
      'one key since, the caller\u2019s own',
    )
    await talking.key(`${CANARY.slice(9)}#`)
    await session.enterRest()
    t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
    t.equal(validation.requests.length, 1)
    t.match(validation.requests[0]?.body.toString('utf8'), `value="${CANARY}"`)
    await hearEachOther(t, talking)
    await checkParted(t, talking, session)
  })
  for (const pid of [sotto.processes().control, ...sotto.processes().vault]) {
    t.match(readFileSync(`/proc/${pid}/environ`, 'latin1'), 'glibc.malloc.perturb=255', 'it overwrites what it frees')
  }
  await checkClean(t, sotto, CANARY, INFO_CARD, WRITTEN_CARD)
})

/** A capture that remembers the dialog its phone is in. */
function listener() {
  const capture = createCallCapture(() => 0)
  let dialog: Dialog | undefined
  const methods: string[] = []
  const text = (bytes: Uint8Array, name: string) =>
    new RegExp(`^${name}: *(.*?)\r?$`, 'im').exec(Buffer.from(bytes).toString('latin1'))?.[1] ?? ''
  const tag = (header: string) => /;tag=([^;>\s]+)/.exec(header)?.[1] ?? ''
  return {
    ...capture,
    /** What came to the phone, by the first word of each message. */
    methods,
    add: (...[direction, _own, _far, bytes]: Parameters<typeof capture.add>) => {
      if (direction === 'received') methods.push(Buffer.from(bytes).toString('latin1').split(' ', 1)[0] ?? '')
      const start = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
      const isInvite = start.startsWith('INVITE ') || start.startsWith('SIP/2.0 200')
      if (!isInvite || !text(bytes, 'CSeq').endsWith('INVITE') || tag(text(bytes, 'To')) === '') return
      // The caller sent the INVITE and received the answer; the agent the other way round.
      const [own, far] = direction === 'received' ? ['From', 'To'] : ['To', 'From']
      const target = direction === 'received' ? text(bytes, 'Contact') : ''
      dialog = {
        callId: text(bytes, 'Call-ID'),
        own: tag(text(bytes, own)),
        far: tag(text(bytes, far)),
        target: /<([^>]*)>/.exec(target)?.[1] ?? 'sip:127.0.0.1',
      }
    },
    dialog: (): Dialog => {
      if (dialog === undefined) throw new Error('no dialog')
      return dialog
    },
  }
}

/** Presses keys from an address of its own. */
async function sendKeys(t: Test, address: string, port: number, payloadType: number, ssrc: number): Promise<void> {
  const socket = await udpSocket(t, address)
  const events = new EventSender({ payloadType, ssrc, sequence: 1000, ptimeMs: 20 })
  const packet = new Uint8Array(64)
  for (const [i, code] of codesOf(FOREIGN_KEYS).entries()) {
    events.press(code, 10_000 + i * 1600, 100)
    for (let length = events.next(packet); length > 0; length = events.next(packet)) {
      socket.send(packet.slice(0, length), port, '127.0.0.1')
    }
  }
}

/** Higher than any the phones have used, and never the same. */
let cseq = 1000

/** Tells a key, or a whole card number, by INFO as gateways do. @returns the status of the answer. */
async function info(t: Test, sotto: Sotto, address: string, dialog: Dialog, signal: string): Promise<number> {
  const body = `Signal=${signal}\r\nDuration=160\r\n`
  const answer = await ask(t, sotto, address, dialog, 'INFO', ['Content-Type: application/dtmf-relay', '', body])
  return statusOf(answer)
}

/** Writes a text as softphones with a chat window do. @returns the answer, and why. */
async function write(
  t: Test,
  sotto: Sotto,
  address: string,
  dialog: Dialog,
  text: string,
): Promise<{ readonly status: number; readonly reason: string }> {
  const answer = await ask(t, sotto, address, dialog, 'MESSAGE', ['Content-Type: text/plain', '', text])
  return { status: statusOf(answer), reason: /^Reason: *(.*?)\r?$/im.exec(answer)?.[1] ?? '' }
}

const statusOf = (answer: string) => Number(answer.split(' ')[1])

/** @param rest the last headers, an empty line and the body. @returns the answer. */
async function ask(
  t: Test,
  sotto: Sotto,
  address: string,
  dialog: Dialog,
  method: string,
  rest: readonly string[],
): Promise<string> {
  const socket = await udpSocket(t, address)
  const { port } = socket.address()
  const request = [
    `${method} ${dialog.target} SIP/2.0`,
    `Via: SIP/2.0/UDP ${address}:${port};branch=z9hG4bK-asked-${port}`,
    'Max-Forwards: 70',
    `From: <sip:somebody@${address}>;tag=${dialog.own}`,
    `To: <sip:100@127.0.0.1>;tag=${dialog.far}`,
    `Call-ID: ${dialog.callId}`,
    `CSeq: ${cseq++} ${method}`,
    ...rest,
  ].join('\r\n')
  socket.send(request, sotto.sipPort, '127.0.0.1')
  const [octets] = (await once(socket, 'message', { signal: AbortSignal.timeout(5000) })) as [Buffer]
  return octets.toString('latin1')
}
