/**
 * The other way round: baresip on the trunk calls and keys what it is asked for, one account a call, and sipp is the PBX behind a route
 * that the agents sit at. The PBX sends back what it hears, so a caller who hears the own hum knows that both directions are open.
 */

import { resolve } from 'node:path'
import t from 'tap'
import type { TimelineEvent } from '../../src/demo/timeline.ts'
import { pause } from '../../src/demo/waiting.ts'
import { startBaresip } from '../peers/baresip.ts'
import { testCard } from '../peers/cards.ts'
import { freePort } from '../peers/free-port.ts'
import { startSipp } from '../peers/sipp.ts'
import { TRUNK_ADDRESS } from '../peers/sotto.ts'
import { CALLER_HUM_HZ, LIMIT_SECONDS, openStage, type Stage, sippEndsWell } from './crowd.ts'

const CALLS = 20
const HUMS = { callerHz: CALLER_HUM_HZ, agentHz: CALLER_HUM_HZ }
/** From one key of a call to the next at least: a key of baresip's lasts a quarter of a second. */
const KEY_MS = 300
/** How long a security code is nobody's business: of its keys only the first is told. */
const TOLD_KEYS = [16, 4, 1]
const KEY_LIMIT_MS = 10_000
/** The first field is asked for when the greeting is over. */
const ASK_LIMIT_MS = 30_000
const TALK_MS = 2500

t.setTimeout(300_000)

t.test('baresip on the trunk, sipp as the PBX', { timeout: 140_000 }, async (t) => {
  const pbxPort = await freePort()
  const stage = await openStage(t, [22_000, 22_499], { pbxUri: `sip:300@127.0.0.1:${pbxPort}` })
  const { sotto } = stage
  const folder = stage.folderOf('sipp')
  const pbx = await startSipp({
    folder,
    scenarioFile: resolve(import.meta.dirname, '../fixtures/sipp/pbx.xml'),
    fill: {},
    transport: 'udp',
    port: pbxPort,
    calls: CALLS,
    rate: 10,
    limitSeconds: LIMIT_SECONDS,
    echo: true,
  })
  t.teardown(() => pbx.stop())
  const numbers = Array.from({ length: CALLS }, (_, i) => i + 1)
  const aor = (n: number): string => `sip:+4930${n}@${TRUNK_ADDRESS}`
  const phone = await startBaresip({
    folder: stage.folderOf('baresip'),
    account: numbers.map((n) => `<${aor(n)}>;regint=0`).join('\n'),
    address: TRUNK_ADDRESS,
    humHz: CALLER_HUM_HZ,
    record: false,
  })
  t.teardown(() => phone.stop())
  const inTurn = oneAfterAnother()
  const as = (n: number, name: string, parameters = ''): Promise<string> =>
    inTurn(async () => {
      await phone.command('uafind', aor(n))
      return phone.command(name, parameters)
    })
  for (const n of numbers) await as(n, 'dial', `sip:300@127.0.0.1:${sotto.sipPort}`)
  await stage.all('call.bridged', CALLS, 20_000)
  const used = stage.measure({ baresip: phone.processId, sipp: pbx.processId })
  await Promise.all(numbers.map((n) => pay(stage, n, (key) => as(n, 'sndcode', key))))
  t.comment(`CPU, percent of a core: ${JSON.stringify(used())}`)
  await pause(TALK_MS)
  for (const n of numbers) await as(n, 'hangup')
  await sippEndsWell(t, pbx, folder)
  await stage.judge(CALLS, testCard, HUMS)
})

/** Keys what call `n` is asked for, each key when the one before is told, until the legs are joined again. */
async function pay(stage: Stage, n: number, key: (key: string) => Promise<unknown>): Promise<void> {
  const { sotto } = stage
  const arrived = await sotto.event(({ type, from }) => type === 'call.arrived' && from === `+4930${n}`, `call ${n}`)
  const own = (fits: (event: TimelineEvent) => boolean, what: string, limitMs = KEY_LIMIT_MS): Promise<TimelineEvent> =>
    sotto.event((event) => event['callId'] === arrived['callId'] && fits(event), `call ${n}: ${what}`, limitMs)
  const { number, expiry, code } = testCard(n)
  for (const [field, keys] of [number, expiry, code].entries()) {
    await own((event) => event.type === 'secure.asking' && event['field'] === field, `asked for ${field}`, ASK_LIMIT_MS)
    for (const [i, digit] of [...keys].entries()) {
      await Promise.all([key(digit), pause(KEY_MS)])
      if (i >= (TOLD_KEYS[field] ?? 0)) continue
      await own(
        (event) => event.type === 'secure.progress' && event['field'] === field && event['keys'] === i + 1,
        `key ${i + 1} of field ${field}`,
      )
    }
    await Promise.all([key('#'), pause(KEY_MS)])
  }
  await own(({ type }) => type === 'secure.rejoined', 'rejoined', 30_000)
}

/** @returns a way of doing things one at a time: the phone has one current account. */
function oneAfterAnother(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = last.then(work)
    last = done.catch(() => undefined)
    return done
  }
}
