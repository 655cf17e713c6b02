/** What control may ask of recordings, and is refused. */

import t from 'tap'
import { RECORDED_FILE, recordedRoom } from '../peers/recorded-room.ts'

t.test('recorded are calls that are asked for, once, in an absolute path', async (t) => {
  const { stepped, record, end } = await recordedRoom()
  const failed = async (command: Parameters<typeof stepped.ask>[0]) => {
    const answer = await stepped.ask(command)
    return answer.type === 'failed' ? answer.fault : answer.type
  }
  const wanted = { do: 'record', portId: 'caller', recording: 'call-1' } as const
  t.equal(await failed({ ...wanted, file: 'call-1.p7m' }), 'media.bad-command')
  t.equal(await failed({ ...wanted, file: RECORDED_FILE, portId: 'nobody' }), 'media.unknown-port')
  t.equal(await failed({ do: 'withhold', portId: 'caller', on: true }), 'media.bad-command')
  t.equal(await failed({ do: 'unrecord', portId: 'caller' }), 'done', 'that there is none is what was wanted')
  t.same([...stepped.disk.files.keys()], [])
  await record()
  t.equal(await failed({ ...wanted, file: RECORDED_FILE }), 'media.bad-command')
  await end()
  const stats = await stepped.ask({ do: 'stats', portId: 'caller' })
  t.equal(stats.type === 'stats' && stats.stats.recorded, undefined)
})

t.test('without anybody to seal to nothing is recorded; nor can that be taken away', async (t) => {
  const { stepped } = await recordedRoom({ recipients: false })
  const command = { do: 'record', portId: 'caller', recording: 'call-1', file: RECORDED_FILE } as const
  t.match(await stepped.ask(command), { type: 'failed', fault: 'media.no-recording' })
  t.match(await stepped.ask({ do: 'seal-to', recipients: [] }), { type: 'failed', fault: 'media.bad-recipients' })
  t.match(await stepped.ask(command), { type: 'failed', fault: 'media.no-recording' })
})
