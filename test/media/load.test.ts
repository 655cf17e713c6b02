import t from 'tap'
import { createLoadMeter, latenessOf, noteBeat, takeLoad } from '../../src/media/load.ts'
import { steppedRoom } from '../peers/stepped-room.ts'

t.test('lateness is that of one beat in a hundred, never told too small', async (t) => {
  const rows: readonly (readonly [string, readonly (readonly [count: number, lateMs: number])[], number, number])[] = [
    ['no beat', [], 0, 0],
    ['early', [[10, -3]], 0, 0.25],
    ['one of a hundred', [[99, 0.1], [1, 80]], 0, 0.25], // biome-ignore format: a row
    ['two of a hundred', [[98, 0.1], [2, 80]], 80, 88], // biome-ignore format: a row
    ['the latest of a few', [[19, 0.1], [1, 31.9]], 31.9, 32], // biome-ignore format: a row
    ['very late', [[3, 100_000]], 1000, 1032],
  ]
  for (const [name, beats, least, most] of rows) {
    const meter = createLoadMeter()
    for (const [count, lateMs] of beats) for (let i = 0; i < count; i++) noteBeat(meter, lateMs)
    const told = latenessOf(meter)
    t.ok(told >= least && told <= most, `${name}: ${told} ms`)
  }
})

t.test('a room tells what it carried since the last time, and begins anew', async (t) => {
  const stepped = await steppedRoom()
  const { room } = stepped
  const caller = await stepped.phone('caller')
  await stepped.phone('agent')
  await stepped.join('caller', 'agent')
  caller.talking = true
  stepped.step(2000)
  for (let i = 0; i < 10; i++) noteBeat(room.load, 4)
  const use = { cpuMs: 500, overMs: 2000, memoryOctets: 90 * 1024 * 1024 }
  const load = takeLoad(room, use)
  t.match(load, { ports: 2, freePairs: 48, cpuShare: 0.25, memoryMegabytes: 90, skippedTicks: 0, broken: 0 })
  t.ok(load.receivedPerSecond >= 49 && load.receivedPerSecond <= 51, `${load.receivedPerSecond} packets in`)
  t.ok(load.sentPerSecond >= 49 && load.sentPerSecond <= 52, `${load.sentPerSecond} packets out, reports among them`)
  t.ok(load.lateMs >= 4 && load.lateMs <= 4.25, `${load.lateMs} ms late`)
  t.match(takeLoad(room, use), { lateMs: 0, receivedPerSecond: 0, sentPerSecond: 0, ports: 2 })
})

t.test('a pair is told as free until control knows who has it: it is counted off once', async (t) => {
  const stepped = await steppedRoom()
  const { room } = stepped
  const use = { cpuMs: 0, overMs: 1000, memoryOctets: 0 }
  const opening = stepped.ask({ do: 'open', portId: 'a', family: 'IPv4' })
  t.match(takeLoad(room, use), { freePairs: 50 }, 'asked for, and not answered')
  await opening
  t.match(takeLoad(room, use), { freePairs: 49 })
})
