import t from 'tap'
import { type Candidate, chooseProcess, processesFor, shareRange } from '../../src/media/spread.ts'

const IDLE = { calls: 0, cpuShare: 0.003, late: false, freePairs: 100 }

t.test('who gets a call, and why nobody does', async (t) => {
  const rows: readonly (readonly [string, readonly Partial<Candidate>[], number | string])[] = [
    ['nobody runs', [], 'media.lost'],
    ['the first of two that are idle', [{}, {}], 0],
    ['the one with fewer calls where they cost the same', [{ calls: 5 }, { calls: 4 }], 1],
    [
      'noise of the measurement is none',
      [
        { calls: 4, cpuShare: 0.011 },
        { calls: 5, cpuShare: 0.009 },
      ],
      0,
    ],
    [
      'the cheaper one, though it has more calls',
      [
        { calls: 3, cpuShare: 0.5 },
        { calls: 30, cpuShare: 0.1 },
      ],
      1,
    ],
    [
      'calls that only ring count as what they will cost',
      [
        { calls: 300, cpuShare: 0.1 },
        { calls: 50, cpuShare: 0.5 },
      ],
      1,
    ],
    [
      'and not as more',
      [
        { calls: 200, cpuShare: 0.1 },
        { calls: 50, cpuShare: 0.5 },
      ],
      0,
    ],
    [
      'not the late one',
      [
        { calls: 1, late: true },
        { calls: 9, cpuShare: 0.9 },
      ],
      1,
    ],
    [
      'both are late',
      [
        { calls: 1, late: true },
        { calls: 9, late: true },
      ],
      'media.full',
    ],
    ['one is late without having a call', [{ late: true }, { calls: 9, late: true }], 0],
    ['not the one without ports', [{ freePairs: 1 }, { calls: 9, freePairs: 2 }], 1],
    ['neither has ports', [{ freePairs: 1 }, { freePairs: 0 }], 'media.no-port'],
    ['one is late, one has no ports', [{ calls: 1, late: true }, { freePairs: 0 }], 'media.no-port'],
  ]
  for (const [name, given, expected] of rows) {
    const candidates = given.map((each, at) => ({ ...IDLE, ...each, at }))
    const choice = chooseProcess(candidates)
    t.equal(choice.result === 'chosen' ? choice.candidate.at : choice.fault, expected, name)
  }
})

t.test('an urgent call is put into a process that is late, and not into one without ports', async (t) => {
  const late = [
    { ...IDLE, calls: 9, late: true, at: 0 },
    { ...IDLE, calls: 3, late: true, at: 1 },
  ]
  t.match(chooseProcess(late), { result: 'none', fault: 'media.full' })
  t.match(chooseProcess(late, true), { result: 'chosen', candidate: { at: 1 } })
  const without = late.map((each) => ({ ...each, freePairs: 1 }))
  t.match(chooseProcess(without, true), { result: 'none', fault: 'media.no-port' })
})

t.test('a burst of calls that nothing was measured of yet is spread evenly', async (t) => {
  const candidates = [
    { ...IDLE, cpuShare: 0.05, calls: 0 },
    { ...IDLE, cpuShare: 0.01, calls: 0 },
  ]
  for (let i = 0; i < 400; i++) {
    const choice = chooseProcess(candidates)
    if (choice.result === 'chosen') choice.candidate.calls++
  }
  const [a, b] = candidates.map(({ calls }) => calls)
  t.ok(Math.abs((a ?? 0) - (b ?? 0)) < 40, `${a} and ${b}`)
})

t.test('the port range is shared out evenly, in whole pairs', async (t) => {
  t.strictSame(shareRange(2, 20_000, 20_019), [
    { portMin: 20_000, portMax: 20_009 },
    { portMin: 20_010, portMax: 20_019 },
  ])
  t.strictSame(shareRange(3, 20_001, 20_016), [
    { portMin: 20_002, portMax: 20_005 },
    { portMin: 20_006, portMax: 20_009 },
    { portMin: 20_010, portMax: 20_013 },
  ])
})

t.test('one process a core, but none without ports for a few calls', async (t) => {
  t.equal(processesFor(8, 20_000, 29_999), 8)
  t.equal(processesFor(8, 20_000, 20_047), 3)
  t.equal(processesFor(8, 20_000, 20_007), 1)
})
