import t from 'tap'
import { steppedRoom } from '../peers/stepped-room.ts'

const HEARD = -20
const UNHEARD = -45

async function three() {
  const stepped = await steppedRoom()
  const speaker = await stepped.phone('speaker', { humHz: 620 })
  const first = await stepped.phone('first', { humHz: 440 })
  const second = await stepped.phone('second', { humHz: 440 })
  const hears = (portId: string) => ({ portId, source: { kind: 'port', portId: 'speaker' } }) as const
  await stepped.assign(hears('first'), hears('second'))
  speaker.talking = true
  stepped.step(500)
  return { stepped, speaker, first, second, hears }
}

t.test('a port that two others hear is carried to both, once', async (t) => {
  const { stepped, speaker, first, second } = await three()
  t.ok(first.level(620, 200) > HEARD)
  t.ok(second.level(620, 200) > HEARD)
  t.equal(first.heard().length, stepped.port('speaker').packetsReceived)
  t.equal(stepped.port('speaker').outgoing.length, 2)
  await stepped.ask({ do: 'stream', portId: 'speaker', stream: speaker.terms() })
  t.equal(stepped.port('speaker').outgoing.length, 2, 'nor twice when its terms are told again')
})

t.test('whoever turns to another source stops hearing it, and the other goes on', async (t) => {
  const { stepped, first, second } = await three()
  const link = stepped.port('second').incoming
  await stepped.assign({ portId: 'first', source: { kind: 'silence' } })
  stepped.step(500)
  t.ok(first.level(620, 200) < UNHEARD)
  t.ok(second.level(620, 200) > HEARD)
  t.equal(stepped.port('second').incoming, link, 'by the link that it had')
})

t.test('another codec of the speaker makes new links to all that hear it', async (t) => {
  const { stepped, speaker, first, second } = await three()
  const links = ['first', 'second'].map((portId) => stepped.port(portId).incoming)
  await stepped.ask({ do: 'stream', portId: 'speaker', stream: { ...speaker.terms(), codec: 'PCMU' } })
  for (const [i, portId] of ['first', 'second'].entries()) t.not(stepped.port(portId).incoming, links[i])
  t.equal(stepped.port('speaker').outgoing.length, 2)
  await stepped.ask({ do: 'stream', portId: 'speaker', stream: speaker.terms() })
  stepped.step(500)
  t.ok(first.level(620, 200) > HEARD)
  t.ok(second.level(620, 200) > HEARD)
})

t.test('when a port is closed, who heard it hears silence, and who it heard carries nothing there', async (t) => {
  const { stepped, first } = await three()
  await stepped.assign({ portId: 'speaker', source: { kind: 'port', portId: 'second' } })
  t.equal(stepped.port('second').outgoing.length, 1)
  await stepped.ask({ do: 'close', portId: 'speaker' })
  t.same(stepped.port('first').source, { kind: 'silence' })
  t.same(stepped.port('second').outgoing, [])
  t.equal(stepped.port('first').incoming, undefined)
  stepped.step(500)
  t.ok(first.level(620, 200) < UNHEARD)
})
