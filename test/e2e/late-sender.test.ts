/**
 * A caller whose phone goes on sending when his call is over, as one does that lost our BYE, or on purpose. Where phones are behind NAT the first run of
 * good packets is taken for the far end: his must not be, in the next call.
 */

import t from 'tap'
import { openRtpPhone, type RtpPhoneOptions } from '../../src/demo/rtp-phone.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import { DRAIN_MS } from '../../src/media/room.ts'
import { claimRange, RANGE_PORTS } from '../peers/port-ranges.ts'
import { startSotto } from '../peers/sotto.ts'
import { dial, hearEachOther } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(120_000)

const LATE_HUM_HZ = 1450
const HEARD_DBM0 = -25
const UNHEARD_DBM0 = -45

/** Sound from another address than the one that is described, as behind a NAT. */
const openAt = (address: string) => (given: RtpPhoneOptions) => openRtpPhone({ ...given, address })

/** The same of a phone that no goodbye ends. */
const openDeaf = (address: string) => async (given: RtpPhoneOptions) => {
  const sound = await openAt(address)(given)
  sound.hush = () => undefined
  return sound
}

t.test('whoever goes on sending after his call is not heard in the next one, and hears nothing of it', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const portMin = claimRange()
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    more: `media: { processes: 1, portMin: ${portMin}, portMax: ${portMin + RANGE_PORTS - 1} }`,
  })
  // Both go on: the caller of the next call may be given the port of either.
  const lateAgent = { user: 'agent-2', password: 'agent-password-2' }
  const late = [
    await sotto.caller({ humHz: LATE_HUM_HZ, openSound: openDeaf('127.0.0.9') }),
    await sotto.agent({ ...lateAgent, humHz: LATE_HUM_HZ, openSound: openDeaf('127.0.0.10') }),
  ] as const
  const agent = await sotto.agent()
  const before = await dial(sotto, ...late, '101', 0)
  const heardEachOther = () => late.every(({ sound }) => sound.levelOf(LATE_HUM_HZ, 300) > HEARD_DBM0)
  await until(heardEachOther, 'the first call', 15_000)
  await late[1].signalling.hangUp()
  await before.over()
  // As long as the sockets of a call that is over are read and thrown away, and some more.
  await pause(DRAIN_MS + 500)
  const marks = late.map(({ sound }) => ({ sent: sound.sent, heard: sound.heard.length }))

  const next = await sotto.caller({ user: '+493087654321', openSound: openAt('127.0.0.11') })
  const talking = await dial(sotto, next, agent, '100', sotto.events.length)
  await hearEachOther(t, talking, 'the next caller and the agent')
  for (const [who, { sound }] of Object.entries({ agent, next })) {
    const packets = sound.heard.length
    await until(() => sound.heard.length > packets + 60, 'a second of sound', 15_000)
    const level = sound.levelOf(LATE_HUM_HZ, 1000)
    t.ok(level < UNHEARD_DBM0, `${who}: nothing of the first call, ${level.toFixed(1)} dBm0`)
  }
  for (const [i, { sound }] of late.entries()) {
    t.ok(sound.sent > (marks[i]?.sent ?? 0) + 50, 'who sends all the time')
    t.equal(sound.heard.length, marks[i]?.heard, 'is sent nothing')
  }
})
