/**
 * A stack that this project did not write on either side: twenty callers of sipp and an agent's baresip hold secure sessions at the same
 * time, all of them accepted, with the right digits, and with sound both ways before and after.
 */

import { join } from 'node:path'
import t from 'tap'
import { testCard } from '../peers/cards.ts'
import { playing, pressing, waiting, writeSound } from '../peers/sipp-sound.ts'
import { CALLER_HUM_HZ, crowd } from './crowd.ts'

const CALLS = 20
const numbers = Array.from({ length: CALLS }, (_, i) => i + 1)

t.setTimeout(240_000)

t.test('sipp on the trunk, baresip as the agent, keys by RFC 4733', { timeout: 120_000 }, async (t) => {
  await crowd(t, {
    calls: CALLS,
    transport: 'udp',
    ports: [21_000, 21_499],
    card: testCard,
    lines: numbers.map((n) => {
      const { number, expiry, code } = testCard(n)
      // sipp cuts what is longer than eight keys.
      return `${number.slice(0, 8)};${number.slice(8)}#;${expiry}#;${code}#`
    }),
    turns: (folder) => {
      const before = join(folder, 'before.pcap')
      const after = join(folder, 'after.pcap')
      writeSound(before, [{ humHz: CALLER_HUM_HZ, ms: 5000 }], 1)
      writeSound(after, [{ humHz: CALLER_HUM_HZ, ms: 13_000 }], 2)
      // A key takes 400 ms, and each play begins 800 ms late.
      return [
        ...[playing(before), waiting(6000)],
        ...[pressing('[field0]'), waiting(5000)],
        ...[pressing('[field1]'), waiting(5500)],
        ...[pressing('[field2]'), waiting(4500)],
        ...[pressing('[field3]'), waiting(3500)],
        playing(after),
      ]
    },
    afterMs: 13_000,
  })
})

t.test('the same by TCP on both sides, keys as tones in the sound', { timeout: 120_000 }, async (t) => {
  const card = testCard(500)
  await crowd(t, {
    calls: CALLS,
    transport: 'tcp',
    ports: [21_500, 21_999],
    // All callers play the same file.
    card: () => card,
    turns: (folder) => {
      const file = join(folder, 'said.pcap')
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
      return [playing(file), waiting(talkMs - 1000)]
    },
    afterMs: 900,
  })
})
