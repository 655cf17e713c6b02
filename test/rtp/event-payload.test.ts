import t from 'tap'
import {
  EVENT_SIZE,
  eventCode,
  eventDuration,
  eventEnds,
  LAST_KEY_CODE,
  writeTelephoneEvent,
} from '../../src/rtp/telephone-event.ts'

t.test('an event of RFC 4733 section 2.3, field by field', async (t) => {
  const rows: [says: string, code: number, end: boolean, volume: number, duration: number, hex: string][] = [
    ['key 1 of 100 ms, going on', 1, false, 10, 800, '010a0320'],
    ['key 1, over', 1, true, 10, 800, '018a0320'],
    ['the last key, at its quietest, at its longest', LAST_KEY_CODE, true, 63, 65535, '0fbfffff'],
    ['flash', 16, false, 0, 0, '10000000'],
    ['a volume out of range stays in its bits', 2, false, 64 + 5, 1, '02050001'],
  ]
  for (const [says, code, end, volume, duration, hex] of rows) {
    const p = new Uint8Array(6).fill(0xee)
    t.equal(writeTelephoneEvent(p, 1, code, end, volume, duration), EVENT_SIZE, says)
    t.equal(Buffer.from(p).toString('hex'), `ee${hex}ee`, says)
    t.strictSame([eventCode(p, 1), eventEnds(p, 1), eventDuration(p, 1)], [code, end, duration], says)
  }
})
