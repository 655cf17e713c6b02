/**
 * The messages of the JAIN-SIP parser test, of the kinds that advisories tell of, and INVITEs with one broken field, sent to a whole server over UDP
 * and TCP: it answers others after each, no response is answered, nothing is sent to whom they name, and no call or dialog stays. A part of the
 * broken fields: `test/sip/bad-messages.test.ts` has all of them in stepped time, and `bench/bad-messages.ts` here.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startWireCapture } from '../../src/leak/wire-capture.ts'
import { advisoryMessages } from '../peers/advisory-messages.ts'
import { emptyTold, jainMessages, sendBad } from '../peers/bad-messages.ts'
import { brokenFields } from '../peers/broken-fields.ts'
import { startRingingPhone } from '../peers/ringing-phone.ts'
import { startSotto } from '../peers/sotto.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

/** Of the cases with a broken field. */
const EVERY = 20
/** Addresses of loopback for this process alone: others send to the usual ones at the same time. */
const ours = (net: number) => `127.${net + (process.pid >> 15)}.${(process.pid >> 7) & 255}.${1 + (process.pid & 127)}`
const [OWN, STRAY, THIRD] = [ours(110), ours(120), ours(130)]

t.test('bad messages', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const phone = await startRingingPhone(2000)
  t.teardown(() => phone.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    trunks: [`{ name: torturer, addresses: [${OWN}] }`],
    pbxUri: phone.uri,
  })
  const folder = mkdtempSync(join(tmpdir(), 'sotto-bad-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const wire = await startWireCapture(folder, `host ${THIRD} or (host ${STRAY} and udp and src port ${sotto.sipPort})`)
  const before = sotto.processes()
  for (const transport of ['udp', 'tcp'] as const) {
    const told = emptyTold()
    const way = { transport, port: sotto.sipPort, own: OWN, stray: STRAY, betweenMs: 10 }
    const advisories = advisoryMessages({ server: `127.0.0.1:${sotto.sipPort}`, own: OWN, third: THIRD, number: '300' })
    await sendBad(
      [...jainMessages(), ...jainMessages(THIRD), ...advisories].map((each) => [each]),
      way,
      told,
    )
    const ends = { transport, server: `127.0.0.1:${sotto.sipPort}`, own: OWN, number: '300', run: transport }
    const cases = brokenFields().filter((_, nth) => nth % EVERY === 0)
    const groups = cases.map((each) =>
      [each.invite(ends), each.teardown('CANCEL', ends), each.teardown('ACK', ends)].map((octets, nth) => ({
        name: `${each.name} ${nth}`,
        octets,
        isResponse: false,
      })),
    )
    await sendBad(groups, way, told)
    t.ok(told.sent > 2 * 180 + 69 + cases.length, `${told.sent} messages over ${transport}`)
    t.strictSame(told.silentAfter, [], 'others are answered after each')
    t.strictSame(told.answered, [], 'no response is answered')
  }
  t.ok(phone.calls > 100, `${phone.calls} calls came through all the same`)
  t.strictSame(phone.unreadable, [], 'and each of them can be read')
  t.strictSame(sotto.processes(), before, 'the same processes run')
  t.notMatch(sotto.log(), /base\.internal|\n\s+at /, 'nothing was unforeseen')
  // An ACK that did not fit its INVITE is waited for, and a call whose ACK is lost has half a minute (RFC 3261 section 13.3.1.4).
  const open = async () => {
    const headers = { authorization: `Bearer ${sotto.server.token}` }
    const page = await (await fetch(`${sotto.server.base}/metrics`, { headers })).text()
    const left = /^sotto_(?:calls|sip_open\{what="(?:dialogs|sessions)"\}) (\d+)$/gm
    return [...page.matchAll(left)].map(([, count]) => Number(count))
  }
  const endMs = performance.now() + 120_000
  while ((await open()).some((count) => count > 0) && performance.now() < endMs)
    await new Promise((again) => setTimeout(again, 200))
  t.strictSame(await open(), [0, 0, 0], 'no call, dialog or session stays')
  const captured = [...(await wire.stop()).packets]
  t.equal(captured.length, 0, 'nothing was sent to whom they name, or to who sent responses')
})
