import t from 'tap'
import type { PortStats } from '../../src/media/contract.ts'
import { type SteppedRoom, steppedRoom } from '../peers/stepped-room.ts'

async function statsOf(stepped: SteppedRoom, portId: string): Promise<PortStats> {
  const answer = await stepped.ask({ do: 'stats', portId })
  if (answer.type !== 'stats') throw new Error(JSON.stringify(answer))
  return answer.stats
}

const sum = ({ sentBy }: PortStats): number => Object.values(sentBy).reduce((total, count) => total + count, 0)

for (const codec of ['PCMA', 'PCMU'] as const) {
  t.test(`packets are told by what they were made of, ${codec === 'PCMA' ? 'relayed' : 'transcoded'}`, async (t) => {
    const stepped = await steppedRoom()
    const caller = await stepped.phone('caller', { humHz: 620, codec: 'PCMA' })
    await stepped.phone('agent', { codec })
    await stepped.join('caller', 'agent')
    caller.talking = true
    stepped.step(500)
    const joined = await statsOf(stepped, 'agent')
    t.ok(joined.sentBy.port > 20, `${joined.sentBy.port} packets of the caller`)
    t.equal(joined.sentBy.port, sum(joined), 'and nothing else')
    t.ok((joined.firstRelayedMs ?? -1) >= 0 && (joined.firstRelayedMs ?? 0) < 100, 'the first one soon')

    await stepped.assign({ portId: 'agent', source: { kind: 'hold-music' }, chime: true })
    await stepped.ask({ do: 'release', portId: 'caller' })
    const parted = await statsOf(stepped, 'agent')
    const away = await statsOf(stepped, 'caller')
    stepped.step(1000)
    const music = await statsOf(stepped, 'agent')
    t.equal(music.source, 'hold-music')
    t.equal(music.sentBy.port, parted.sentBy.port, 'no packet of the caller while parted')
    t.equal(music.firstRelayedMs, undefined)
    t.ok(music.sentBy.holdMusic > 20 && music.sentBy.chime > 10, JSON.stringify(music.sentBy))
    t.equal(music.packetsLeft, sum(music), 'every packet that left has an origin')
    const back = await statsOf(stepped, 'caller')
    t.equal(back.packetsReceived, away.packetsReceived, 'nothing is read of a socket that is away')
    t.equal(back.packetsLeft, away.packetsLeft, 'and nothing sent')
  })
}

t.test('silence and ringback are told apart, and keep-alives are silence', async (t) => {
  const stepped = await steppedRoom()
  await stepped.phone('agent')
  await stepped.assign({ portId: 'agent', source: { kind: 'ringback' } })
  stepped.step(200)
  await stepped.assign({ portId: 'agent', source: { kind: 'silence' } })
  stepped.step(200)
  const stats = await statsOf(stepped, 'agent')
  t.ok(stats.sentBy.ringback >= 9 && stats.sentBy.silence >= 9, JSON.stringify(stats.sentBy))
  t.equal(stats.packetsLeft, sum(stats))
})

t.test('a port that is closed tells its last numbers', async (t) => {
  const stepped = await steppedRoom()
  await stepped.phone('agent')
  await stepped.assign({ portId: 'agent', source: { kind: 'hold-music' } })
  stepped.step(200)
  const before = await statsOf(stepped, 'agent')
  const answer = await stepped.ask({ do: 'close', portId: 'agent' })
  t.match(answer, { type: 'stats', stats: { sentBy: before.sentBy, packetsLeft: before.packetsLeft } })
})
