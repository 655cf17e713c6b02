import t from 'tap'
import { plainCodes } from '../../src/rtp/code-store.ts'
import { ARBITER_PRESSES, KeyArbiter } from '../../src/rtp/key-arbiter.ts'

const TRANSPORTS = ['event', 'tone', 'info'] as const
type Transport = (typeof TRANSPORTS)[number]
type Telling = { by: Transport; code: number; atMs: number }

function tell(arbiter: KeyArbiter, { by, code, atMs }: Telling): number {
  if (by === 'event') return arbiter.fromEvent(code, atMs)
  if (by === 'tone') return arbiter.fromTone(code, atMs - 45, atMs)
  return arbiter.fromInfo(code, atMs)
}

/** Codes reported for the tellings in order of time; those of one moment in the order given. */
function heard(tellings: Telling[], arbiter = new KeyArbiter()): number[] {
  return [...tellings]
    .sort((a, b) => a.atMs - b.atMs)
    .map((one) => tell(arbiter, one))
    .filter((code) => code >= 0)
}

const orders: Transport[][] = TRANSPORTS.flatMap((a) =>
  TRANSPORTS.filter((b) => b !== a).flatMap((b) => [
    [a, b],
    [a, b, ...TRANSPORTS.filter((c) => c !== a && c !== b)],
  ]),
)
const lagsMs = Array.from({ length: 21 }, (_, i) => i * 25)

t.test('one press by two or three transports, in every order, at every lag to 500 ms, is one key', async (t) => {
  t.equal(orders.length, 12)
  for (const order of orders) {
    let wrong = 0
    for (const second of lagsMs) {
      for (const third of order.length === 3 ? lagsMs.filter((ms) => ms >= second) : [0]) {
        const lags = [0, second, third]
        const tellings = order.map((by, i) => ({ by, code: 5, atMs: 1000 + (lags[i] as number) }))
        if (heard(tellings).join() !== '5') wrong++
      }
    }
    t.equal(wrong, 0, order.join(', '))
  }
})

t.test('two presses of one key 40 ms apart, by one transport, are two keys', async (t) => {
  for (const by of TRANSPORTS) {
    for (const apart of [40, 80, 140, 300, 1000, 5000]) {
      const tellings = [0, apart].map((atMs) => ({ by, code: 7, atMs }))
      t.strictSame(heard(tellings), [7, 7], `${by}, ${apart} ms`)
    }
  }
})

t.test('a typed number told by two or three transports, each with its lag, comes once and in order', async (t) => {
  const number = [4, 1, 1, 1, 1, 4, 4, 0, 0, 2, 2, 2, 2, 9, 9, 11]
  for (const order of orders) {
    for (const everyMs of [80, 120, 200, 350]) {
      let wrong = 0
      for (const second of lagsMs) {
        for (const third of order.length === 3 ? lagsMs.filter((ms) => ms >= second) : [0]) {
          const lags = [0, second, third]
          const tellings = order.flatMap((by, i) =>
            number.map((code, n) => ({ by, code, atMs: n * everyMs + (lags[i] as number) })),
          )
          if (heard(tellings).join() !== number.join()) wrong++
        }
      }
      t.equal(wrong, 0, `${order.join(', ')}, every ${everyMs} ms`)
    }
  }
})

t.test('what else reaches the arbiter', async (t) => {
  const rows: [says: string, tellings: Telling[], codes: number[]][] = [
    [
      'once events came, what a relay left of the tone reports nothing',
      [
        { by: 'event', code: 1, atMs: 0 },
        { by: 'tone', code: 1, atMs: 50 },
        { by: 'tone', code: 1, atMs: 90 },
        { by: 'tone', code: 9, atMs: 5000 },
      ],
      [1],
    ],
    [
      'tones only, then events: the first press by event is the last press by tone',
      [
        { by: 'tone', code: 1, atMs: 0 },
        { by: 'tone', code: 2, atMs: 200 },
        { by: 'event', code: 2, atMs: 300 },
        { by: 'tone', code: 3, atMs: 400 },
        { by: 'event', code: 3, atMs: 450 },
      ],
      [1, 2, 3],
    ],
    [
      'the same key by event long after the tone is another press',
      [
        { by: 'tone', code: 1, atMs: 0 },
        { by: 'event', code: 1, atMs: 700 },
      ],
      [1, 1],
    ],
    [
      'an INFO that was repeated for 2 s is still the same press',
      [
        { by: 'event', code: 1, atMs: 0 },
        { by: 'info', code: 1, atMs: 2100 },
      ],
      [1],
    ],
    [
      'an INFO without any event is a press, events or not',
      [
        { by: 'event', code: 1, atMs: 0 },
        { by: 'info', code: 1, atMs: 100 },
        { by: 'info', code: 2, atMs: 5000 },
      ],
      [1, 2],
    ],
    [
      'other keys are other presses',
      [
        { by: 'tone', code: 1, atMs: 0 },
        { by: 'event', code: 2, atMs: 10 },
      ],
      [1, 2],
    ],
    ['no key', [-1, 16, 255, Number.NaN].flatMap((code) => TRANSPORTS.map((by) => ({ by, code, atMs: 0 }))), []],
  ]
  for (const [says, tellings, codes] of rows) t.strictSame(heard(tellings), codes, says)
})

t.test('tones count again where the owner says when', async (t) => {
  const arbiter = () => new KeyArbiter(plainCodes(ARBITER_PRESSES), 2000)
  const later = (atMs: number) => [
    { by: 'event', code: 1, atMs: 0 } as const,
    { by: 'tone', code: 9, atMs } as const,
    { by: 'event', code: 9, atMs: atMs + 200 } as const,
  ]
  t.strictSame(heard(later(1999), arbiter()), [1, 9], 'not yet: it is the event that counts')
  t.strictSame(heard(later(2000), arbiter()), [1, 9], 'from now on, and the event after it is the same press')
  t.strictSame(heard(later(2000).slice(0, 2), arbiter()), [1, 9])
  t.strictSame(heard(later(1999).slice(0, 2), arbiter()), [1])
  t.strictSame(heard(later(99_999).slice(0, 2)), [1], 'never by default')
  const held = arbiter()
  held.fromEvent(1, 0)
  held.eventGoesOn(3000)
  t.equal(held.fromTone(1, 4000, 4050), -1, 'the key was down until a second ago')
  t.equal(held.fromTone(1, 5000, 5050), 1)
})

t.test('reset forgets presses, and that events were heard', async (t) => {
  const arbiter = new KeyArbiter()
  t.equal(arbiter.fromEvent(3, 0), 3)
  t.equal(arbiter.fromInfo(3, 10), -1)
  arbiter.reset()
  t.equal(arbiter.fromTone(3, 0, 20), 3, 'tones count again')
  t.equal(arbiter.fromInfo(3, 30), -1)
})
