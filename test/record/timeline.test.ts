/** What is wrong with the segments of a recording is told, and left out; the rest goes on. */

import t from 'tap'
import { fault } from '../../src/base/fault.ts'
import type { Segment, SegmentEntry } from '../../src/record/segment.ts'
import { surveyOf } from '../../src/record/survey.ts'
import { alongTimeline, type Opened } from '../../src/record/timeline.ts'
import { HEAD, heard, isSilent, levelAt, mark, segmentsFrom, spoken } from './recorded.ts'

/** Five segments of a second, and the mark at their end in a sixth. */
const WHOLE = segmentsFrom([
  ...spoken({ track: 'caller', codec: 'PCMA', hz: 500, atMs: 0, ms: 5000 }),
  mark('end', 5000),
])

function flawsOf(opened: readonly Opened[]): (string | number)[][] {
  return heard(opened).flaws.map(({ flaw, segment, count, atMs }) => [flaw, segment, count, atMs])
}

function part(head: Partial<Segment['head']>, entries: readonly SegmentEntry[]): Segment {
  return { head: { ...HEAD, ...head }, entries }
}

t.test('a whole recording', async (t) => {
  t.equal(WHOLE.length, 6)
  t.strictSame(flawsOf(WHOLE), [])
  t.match(heard(WHOLE), { recording: HEAD.recording, segments: 6, lengthMs: 5000, parts: [{ isEnded: true }] })
})

t.test('what cannot be opened, or holds something else, is silence of its length', async (t) => {
  for (const [opened, says] of [
    [fault('base.internal'), 'not-opened'],
    ['content', 'content'],
  ] as const) {
    const found = heard(WHOLE.with(2, opened as never))
    t.strictSame(
      found.flaws.map(({ flaw, segment, fault }) => [flaw, segment, fault?.code]),
      [[says, 3, says === 'content' ? undefined : 'base.internal']],
      'and it is not said to be missing, too',
    )
    t.equal(found.lengthMs, 5000)
    t.ok(isSilent(found.caller, 8000, 2000, 3000))
    t.ok(levelAt(found.caller, 8000, 1900, 500) > -12)
    t.ok(levelAt(found.caller, 8000, 3020, 500) > -12)
  }
})

t.test('what is missing is counted', async (t) => {
  t.strictSame(flawsOf(WHOLE.toSpliced(2, 2)), [['missing', 3, 2, 1980]])
  t.strictSame(flawsOf(WHOLE.slice(1)), [['missing', 1, 1, 0]])
  t.equal(heard(WHOLE.slice(1)).lengthMs, 5000)
  t.strictSame(flawsOf([...WHOLE.slice(0, 2), 'content', ...WHOLE.slice(4)]), [
    ['content', 3, 1, 1980],
    ['missing', 4, 1, 1980],
  ])
  t.equal(heard(WHOLE.slice(0, 5)).parts[0]?.isEnded, false, 'an end that is not there')
})

t.test('what was there before, or belongs elsewhere, is left out', async (t) => {
  const [first, second, ...rest] = WHOLE as [Segment, Segment, ...Segment[]]
  const foreign = part({ recording: 'call-ddddddddddddddddddddd', number: 2 }, second.entries)
  t.strictSame(flawsOf([first, second, first, second, ...rest]), [
    ['repeated', 3, 1, 1980],
    ['repeated', 4, 1, 1980],
  ])
  t.strictSame(flawsOf([first, second, foreign, ...rest]), [['foreign', 3, 1, 1980]])
  const other = part({ part: 'ffffffff', startedAtMs: HEAD.startedAtMs + 2000 }, [mark('end', 10)])
  t.strictSame(flawsOf([first, second, other, ...rest]), [
    ['out-of-place', 4, 1, 2010],
    ['out-of-place', 5, 1, 2010],
    ['out-of-place', 6, 1, 2010],
    ['out-of-place', 7, 1, 2010],
  ])
  t.strictSame(heard([first, second, foreign, ...rest]).caller, heard(WHOLE).caller)
})

t.test('no time that somebody writes makes a sound longer than a file holds', async (t) => {
  const far = part({ part: 'ffffffff', startedAtMs: HEAD.startedAtMs + 2e10 }, [mark('end', 10)])
  const long = part({ number: 6 }, [mark('end', 0xffffffff)])
  t.strictSame(flawsOf([...WHOLE, far, long]), [
    ['too-late', 7, 1, 5000],
    ['too-late', 8, 1, 5000],
  ])
  t.equal(heard([...WHOLE, far, long]).lengthMs, 5000)
})

t.test('stretches that were withheld, whatever of their marks is missing', async (t) => {
  const before = spoken({ track: 'agent', codec: 'PCMA', hz: 500, atMs: 0, ms: 1000 })
  const after = spoken({ track: 'agent', codec: 'PCMA', hz: 500, atMs: 3000, ms: 1000 })
  const segments: Segment[] = [
    part({ number: 0 }, before),
    part({ number: 1 }, [mark('withheld', 1000)]),
    part({ number: 2 }, [mark('resumed', 2500)]),
    part({ number: 3 }, after),
  ]
  const next = part({ part: '22222222', startedAtMs: HEAD.startedAtMs + 6000 }, after)
  const rows: [string, Opened[], number[][], number][] = [
    ['both marks', segments, [[1000, 2500]], 4000],
    ['until the end', segments.slice(0, 2), [[1000, 1000]], 1000],
    ['marks that come twice', segments.toSpliced(2, 0, part({ number: 1 }, [])), [[1000, 2500]], 4000],
    ['its beginning is missing', segments.toSpliced(1, 1), [[980, 2500]], 4000],
    ['its end is missing', segments.toSpliced(2, 1), [[1000, 3000]], 4000],
    ['its end cannot be opened', segments.with(2, 'content' as never), [[1000, 3000]], 4000],
    ['another part begins', [...segments.slice(0, 2), next], [[1000, 6000]], 10_000],
    ['resumed, and never withheld', [...segments.slice(0, 1), part({ number: 1 }, [mark('resumed', 2500)])], [], 2500],
  ]
  for (const [says, opened, withheld, lengthMs] of rows) {
    const found = heard(opened)
    t.strictSame(
      found.withheld.map(({ fromMs, toMs }) => [fromMs, toMs]),
      withheld,
      says,
    )
    t.equal(found.lengthMs, lengthMs, says)
    t.notOk(
      found.flaws.some(({ flaw }) => flaw === 'not-withheld'),
      says,
    )
  }
})

t.test('nothing at all', async (t) => {
  t.match(surveyOf(alongTimeline([])), { recording: undefined, lengthMs: 0, segments: 0, flaws: [] })
  t.match(heard(['content', fault('base.internal')]), { recording: undefined, lengthMs: 0, flaws: { length: 2 } })
})
