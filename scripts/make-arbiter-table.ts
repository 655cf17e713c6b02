/**
 * Writes the truth table of the key arbiter into docs/CAPTURE.md by asking it: every order of the transports at every lag, and what else
 * reaches it. `--check` writes nothing and fails when the document is stale.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { plainCodes } from '../src/rtp/code-store.ts'
import { ARBITER_PRESSES, KeyArbiter } from '../src/rtp/key-arbiter.ts'

const FILE = new URL('../docs/CAPTURE.md', import.meta.url)
const TRANSPORTS = ['event', 'tone', 'INFO'] as const
type Transport = (typeof TRANSPORTS)[number]
/** `updates`: an event packet that tells no new press. */
type Telling = { readonly by: Transport | 'updates'; readonly key?: number; readonly atMs: number }

const LAGS_MS = [0, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500]
const COLUMNS_MS = [0, 100, 200, 300, 400, 500]
/** From the start of a press to the start of the next: 40 ms of tone, 40 ms of pause. */
const FAST_MS = 80
/** How long a tone has lasted when it is told. */
const RECOGNISED_MS = 45
/** How long an agent's tones are silent after an event; `src/media/keypad-ear.ts`. */
const EAR_SILENT_MS = 2000

/** All orders of two and of three transports. */
const ORDERS: readonly (readonly Transport[])[] = TRANSPORTS.flatMap((first) =>
  TRANSPORTS.filter((each) => each !== first).flatMap((second) => [
    [first, second],
    [first, second, ...TRANSPORTS.filter((each) => each !== first && each !== second)],
  ]),
).sort((a, b) => a.length - b.length)

const SITUATIONS: readonly (readonly [says: string, tellings: readonly Telling[]])[] = [
  ['a relay left two pieces of the tone in the sound', [event(1, 0), tone(1, 50), tone(1, 130)]],
  [
    'the key is held for 3 s, and a piece of its tone comes late',
    [event(1, 0), updates(1500), updates(3000), tone(1, 3100)],
  ],
  [
    'the tone comes back from the loudspeaker after 240 ms, key by key',
    [event(1, 0), tone(1, 240), event(2, 400), tone(2, 640)],
  ],
  [
    'the whole number comes back from the loudspeaker after it',
    [event(1, 0), event(2, 300), tone(1, 1500), tone(2, 1800)],
  ],
  ['the far end changes from events to tones', [event(1, 0), tone(2, 2500), tone(3, 2800)]],
  ['the far end changes from tones to events', [tone(1, 0), tone(2, 300), event(3, 600), event(4, 900)]],
  ['the far end changes from events to INFO', [event(1, 0), info(2, 400), info(3, 700)]],
  ['the same key by event 700 ms after its tone', [tone(1, 0), event(1, 700)]],
  ['an INFO that was repeated on its way for 2 s', [event(1, 0), info(1, 2100)]],
  ['the same key by INFO 5 s after its event', [event(1, 0), info(1, 5000)]],
  ['tones of another key than the event', [event(1, 0), tone(2, 50)]],
  [
    'the same key twice by every transport, 80 ms apart',
    [event(1, 0), event(1, 80), tone(1, 90), tone(1, 170), info(1, 200), info(1, 280)],
  ],
]

function event(key: number, atMs: number): Telling {
  return { by: 'event', key, atMs }
}
function tone(key: number, atMs: number): Telling {
  return { by: 'tone', key, atMs }
}
function info(key: number, atMs: number): Telling {
  return { by: 'INFO', key, atMs }
}
function updates(atMs: number): Telling {
  return { by: 'updates', atMs }
}

/** @returns the keys that a fresh arbiter reports. */
function heard(tellings: readonly Telling[], silentMs = Number.POSITIVE_INFINITY): number[] {
  const arbiter = new KeyArbiter(plainCodes(ARBITER_PRESSES), silentMs)
  const tell = ({ by, key = -1, atMs }: Telling): number => {
    if (by === 'event') return arbiter.fromEvent(key, atMs)
    if (by === 'tone') return arbiter.fromTone(key, atMs - RECOGNISED_MS, atMs)
    if (by === 'INFO') return arbiter.fromInfo(key, atMs)
    arbiter.eventGoesOn(atMs)
    return -1
  }
  return tellings
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(tell)
    .filter((key) => key >= 0)
}

/** How many keys come of `presses` fast ones when the last transport lags by `lagMs`, and the one between by anything up to that. */
function counted(order: readonly Transport[], lagMs: number, presses: number): string {
  const between = order.length === 3 ? LAGS_MS.filter((ms) => ms <= lagMs) : [0]
  const counts = between.map((betweenMs) => {
    const lags = order.length === 3 ? [0, betweenMs, lagMs] : [0, lagMs]
    const tellings = Array.from({ length: presses }, (_, press) =>
      order.map((by, i): Telling => ({ by, key: 5, atMs: 1000 + press * FAST_MS + (lags[i] ?? 0) })),
    )
    return heard(tellings.flat()).length
  })
  return [...new Set(counts)].toSorted((a, b) => a - b).join(' or ')
}

/** The tables as the arbiter is now. */
function tables(): string {
  const head = (title: string): string[] => [
    `| ${title} | ${COLUMNS_MS.map((ms) => `${ms} ms`).join(' | ')} |`,
    `|---|${COLUMNS_MS.map(() => '---|').join('')}`,
  ]
  const grid = (title: string, presses: number): string[] => [
    ...head(title),
    ...ORDERS.map(
      (order) => `| ${order.join(', ')} | ${COLUMNS_MS.map((ms) => counted(order, ms, presses)).join(' | ')} |`,
    ),
  ]
  const text = (keys: readonly number[]): string => (keys.length === 0 ? 'nothing' : keys.join(' '))
  const told = ({ by, key, atMs }: Telling): string => `${by}${key === undefined ? '' : ` ${key}`} at ${atMs}`
  return [
    ...grid('one press, told by; the last one lags by', 1),
    '',
    ...grid('two presses of one key, 40 ms long and 40 ms apart, told by; the last one lags by', 2),
    '',
    '| what else happens | told, ms | caller, in the vault | agent, feature code |',
    '|---|---|---|---|',
    ...SITUATIONS.map(
      ([says, tellings]) =>
        `| ${says} | ${tellings.map(told).join(', ')} | ${text(heard(tellings))} | ${text(heard(tellings, EAR_SILENT_MS))} |`,
    ),
  ].join('\n')
}

/** The document with its tables as the arbiter is now. */
export function withArbiterTable(markdown: string): string {
  return markdown.replace(
    /(<!-- table: arbiter -->\n)[\s\S]*?(<!-- end of table -->)/,
    (_all, first: string, last: string) => `${first}${tables()}\n${last}`,
  )
}

if (import.meta.main) {
  const before = readFileSync(FILE, 'utf8')
  const after = withArbiterTable(before)
  if (process.argv.includes('--check')) {
    if (before !== after) {
      process.stdout.write('docs/CAPTURE.md is stale: run node scripts/make-arbiter-table.ts\n')
      process.exitCode = 1
    }
  } else {
    writeFileSync(FILE, after)
  }
}
