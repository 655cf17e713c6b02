/**
 * A stack that this project did not write on either side: twenty callers of sipp and an agent's baresip hold secure sessions at the same
 * time, all of them accepted, with the right digits, and with sound both ways before and after.
 */

import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { startBaresip } from '../peers/baresip.ts'
import { testCard } from '../peers/cards.ts'
import { startSipp } from '../peers/sipp.ts'
import { playing, pressing, waiting, writeSound } from '../peers/sipp-sound.ts'
import { TRUNK_ADDRESS } from '../peers/sotto.ts'
import { AGENT_HUM_HZ, CALLER_HUM_HZ, LIMIT_SECONDS, openStage, type Stage, sippEndsWell } from './crowd.ts'

const CALLS = 20
const HUMS = { callerHz: CALLER_HUM_HZ, agentHz: AGENT_HUM_HZ }

t.setTimeout(300_000)

t.test('sipp on the trunk, baresip as the agent, keys by RFC 4733', { timeout: 120_000 }, async (t) => {
  const stage = await openStage(t, [21_000, 21_499])
  const folder = stage.folderOf('sipp')
  const [before, after] = [join(folder, 'before.pcap'), join(folder, 'after.pcap')]
  writeSound(before, [{ humHz: CALLER_HUM_HZ, ms: 5000 }], 1)
  writeSound(after, [{ humHz: CALLER_HUM_HZ, ms: 13_000 }], 2)
  await runCalls(t, stage, 'udp', {
    folder,
    // A key takes 400 ms, and each play begins 800 ms late.
    turns: [
      ...[playing(before), waiting(6000)],
      ...[pressing('[field0]'), waiting(5000)],
      ...[pressing('[field1]'), waiting(5500)],
      ...[pressing('[field2]'), waiting(4500)],
      ...[pressing('[field3]'), waiting(3500)],
      ...[playing(after), waiting(13_000)],
    ],
    lines: Array.from({ length: CALLS }, (_, i) => {
      const { number, expiry, code } = testCard(i + 1)
      // sipp cuts what is longer than eight keys.
      return `${number.slice(0, 8)};${number.slice(8)}#;${expiry}#;${code}#`
    }),
  })
  await stage.judge(CALLS, testCard, HUMS)
})

t.test('the same by TCP on both sides, keys as tones in the sound', { timeout: 120_000 }, async (t) => {
  const stage = await openStage(t, [21_500, 21_999])
  const folder = stage.folderOf('sipp')
  const file = join(folder, 'said.pcap')
  // All callers play the same file.
  const card = testCard(500)
  const talkMs = writeSound(
    file,
    [
      ...[{ humHz: CALLER_HUM_HZ, ms: 6000 }, { silentMs: 300 }, { keys: `${card.number}#` }],
      ...[{ silentMs: 2000 }, { keys: `${card.expiry}#` }],
      ...[{ silentMs: 2000 }, { keys: `${card.code}#` }],
      ...[{ silentMs: 500 }, { humHz: CALLER_HUM_HZ, ms: 14_000 }],
    ],
    1,
  )
  await runCalls(t, stage, 'tcp', { folder, turns: [playing(file), waiting(talkMs - 100)], lines: undefined })
  await stage.judge(CALLS, () => card, HUMS)
})

type Said = {
  readonly folder: string
  /** Lines of the scenario between the answer and the farewell. */
  readonly turns: readonly string[]
  /** For `[field0]` in those lines. */
  readonly lines: readonly string[] | undefined
}

/** The calls from the first to the last. */
async function runCalls(t: Test, stage: Stage, transport: 'udp' | 'tcp', { folder, turns, lines }: Said) {
  const { sotto } = stage
  const agent = await startBaresip({
    folder: stage.folderOf('baresip'),
    account: `<sip:agent@127.0.0.1:${sotto.sipPort};transport=${transport}>;auth_pass=agent-password-1;regint=60;answermode=auto`,
    humHz: AGENT_HUM_HZ,
    record: false,
  })
  t.teardown(() => agent.stop())
  await agent.printed(/registered successfully|200 OK/i, 10_000)
  const sipp = await startSipp({
    folder,
    scenarioFile: resolve(import.meta.dirname, '../fixtures/sipp/caller.xml'),
    fill: { TURNS: turns.join('\n  ') },
    target: `127.0.0.1:${sotto.sipPort}`,
    service: '100',
    address: TRUNK_ADDRESS,
    transport,
    calls: CALLS,
    rate: 10,
    limitSeconds: LIMIT_SECONDS,
    ...(lines === undefined ? {} : { lines }),
  })
  t.teardown(() => sipp.stop())
  await stage.all('call.bridged', CALLS, 20_000)
  const used = stage.measure({ baresip: agent.processId, sipp: sipp.processId })
  await stage.all('secure.ended', CALLS, 60_000)
  t.comment(`CPU, percent of a core: ${JSON.stringify(used())}`)
  await sippEndsWell(t, sipp, folder)
}
