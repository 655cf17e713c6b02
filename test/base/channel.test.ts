import { EventEmitter, once } from 'node:events'
import t from 'tap'
import { type Endpoint, openChannel } from '../../src/base/channel.ts'
import { anInteger } from '../../src/base/shape.ts'

/** One end, with what was written to it; nothing is delivered by itself. */
class FakeEndpoint extends EventEmitter {
  connected = true
  readonly written: unknown[] = []
  readonly acknowledged: ((error: Error | null) => void)[] = []
  send(message: unknown, _handle: unknown, _options: unknown, sent: (error: Error | null) => void): boolean {
    this.written.push(message)
    this.acknowledged.push(sent)
    return true
  }
}

const aNumber = anInteger(0, 100)
const turn = () => new Promise((resolve) => setImmediate(resolve))

function opened(gathers: boolean) {
  const endpoint = new FakeEndpoint()
  const got: number[] = []
  let bad = 0
  const channel = openChannel<number, number>({
    endpoint: endpoint as unknown as Endpoint,
    incoming: aNumber,
    outgoing: aNumber,
    gathers,
    onMessage: (message) => got.push(message),
    onBad: () => {
      bad++
    },
    onClosed: () => undefined,
  })
  return { endpoint, channel, got, bad: () => bad }
}

t.test('messages of one turn go as one list, a single one by itself, and each sender is told', async (t) => {
  const { endpoint, channel } = opened(true)
  const told: [number, boolean][] = []
  for (const message of [1, 2, 3]) channel.send(message, undefined, (arrived) => told.push([message, arrived]))
  t.same(endpoint.written, [], 'not before the turn is over')
  await turn()
  channel.send(4)
  await turn()
  t.same(endpoint.written, [[1, 2, 3], 4])
  endpoint.acknowledged[0]?.(null)
  t.same(told, [
    [1, true],
    [2, true],
    [3, true],
  ])
})

t.test('what nobody waits for goes with the next message, before it', async (t) => {
  const { endpoint, channel } = opened(true)
  channel.sendWithNext(1)
  channel.sendWithNext(2)
  await turn()
  t.same(endpoint.written, [])
  channel.send(3)
  channel.sendWithNext(4)
  await turn()
  t.same(endpoint.written, [[1, 2, 3, 4]])
  t.throws(() => channel.sendWithNext(101), 'out of the contract')
  const told: boolean[] = []
  channel.sendWithNext(5, (arrived) => told.push(arrived))
  channel.close()
  t.same(endpoint.written.at(-1), 5, 'closing leaves nothing behind')
  channel.sendWithNext(6, (arrived) => told.push(arrived))
  t.same(told, [false])
  const single = opened(false)
  single.channel.sendWithNext(1)
  t.same(single.endpoint.written, [1], 'a line that does not gather has no next')
})

t.test('a list is taken in its order, and what is out of its contract in it alone is dropped', (t) => {
  const { endpoint, got, bad } = opened(true)
  endpoint.emit('message', [1, 'two', 3], undefined)
  endpoint.emit('message', 4, undefined)
  t.same(got, [1, 3, 4])
  t.equal(bad(), 1)
  let closed = 0
  endpoint.emit('message', [5], { recvStop: () => 0, close: () => closed++ })
  t.same(got, [1, 3, 4])
  t.equal(bad(), 2, 'a handle comes with one message, never with a list')
  t.equal(closed, 1)
  t.end()
})

t.test('a line that does not gather writes at once, and takes no list', (t) => {
  const { endpoint, channel, got, bad } = opened(false)
  channel.send(1)
  channel.send(2)
  t.same(endpoint.written, [1, 2])
  endpoint.emit('message', [1, 2], undefined)
  t.same(got, [])
  t.equal(bad(), 1)
  t.end()
})

t.test('what was gathered goes before the line is closed, and nothing after', async (t) => {
  const { endpoint, channel, got } = opened(true)
  channel.send(1)
  channel.send(2)
  channel.close()
  t.same(endpoint.written, [[1, 2]])
  let arrived: boolean | undefined
  channel.send(3, undefined, (is) => {
    arrived = is
  })
  await turn()
  t.equal(arrived, false)
  t.equal(endpoint.written.length, 1)
  endpoint.emit('message', [5], undefined)
  t.same(got, [])
})

t.test('when the other side goes, whoever waits for its message to arrive is told that it did not', async (t) => {
  const { endpoint, channel } = opened(true)
  const lost = new EventEmitter()
  const told = once(lost, 'told')
  channel.send(1, undefined, (arrived) => lost.emit('told', arrived))
  endpoint.connected = false
  endpoint.emit('disconnect')
  t.same(await told, [false])
})
