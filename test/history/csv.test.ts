import t from 'tap'
import { CSV_HEAD, csvLine } from '../../src/history/csv.ts'
import { handedOver, keptCall } from '../peers/kept-calls.ts'

/** Cells of a line without quotes in it. */
function cells(line: string): Record<string, string | undefined> {
  const values = line.split(',')
  return Object.fromEntries(CSV_HEAD.split(',').map((name, at) => [name, values[at]]))
}

t.test('a call is a line with a cell for every name', async (t) => {
  const line = csvLine(
    keptCall('call-b', {
      startedMs: Date.UTC(2026, 10, 27, 12),
      bridgedMs: Date.UTC(2026, 10, 27, 12, 0, 5),
      endedMs: Date.UTC(2026, 10, 27, 12, 1, 5, 250),
      legs: [
        {
          ...{
            side: 'caller',
            legId: 'leg-b',
            sessionUuid: 'ab30317f1a784dc48ff824d0d3715d86',
            account: null,
            trunk: 'carrier',
            codec: 'G722',
            srtp: null,
          },
          ...{
            received: 9,
            sent: 8,
            lost: 1,
            dropped: 0,
            jitterMs: 2.5,
            roundTripMs: null,
            mosReceived: 4.1,
            mosSent: 4.2,
          },
        },
      ],
    }),
  )
  t.equal(line.split(',').length, CSV_HEAD.split(',').length)
  t.match(cells(line), {
    call: 'call-b',
    started: '2026-11-27T12:00:00.000Z',
    'talk seconds': '60.25',
    from: '+493012345678',
    'caller codec': 'G722',
    'caller mos received': '4.1',
    'agent codec': '',
    'caller session uuid': 'ab30317f1a784dc48ff824d0d3715d86',
    'secure sessions': '0',
  })
})

t.test('whatever a caller calls himself, a line stays a line and a cell a text', async (t) => {
  const rows = [
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\r\nlines', '"two\r\nlines"'],
    ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
    ['@SUM(1)', "'@SUM(1)"],
    ['+SUM(1)', "'+SUM(1)"],
    ['-1+2', "'-1+2"],
    ['+4930****', '+4930****'],
  ] as const
  for (const [from, cell] of rows) t.ok(csvLine(keptCall('call-b', { from })).includes(`,trunk,${cell},100,`), from)
})

t.test('transfers are told in words', async (t) => {
  const transfers = [
    handedOver,
    { ...handedOver, to: '' },
    { ...handedOver, kind: 'attended', to: null, outcome: 'failed', status: 486 },
    { ...handedOver, by: null, to: null, outcome: 'refused', status: 403 },
  ] as const
  const words = 'blind alice > bob; blind alice > outside; attended alice failed (486); blind - refused (403)'
  t.equal(cells(csvLine(keptCall('call-b', { transfers })))['transfers'], words)
})
