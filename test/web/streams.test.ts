/** Streams that stand: who leaves early, who has many, and who takes nothing of what he is sent. */

import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { fault } from '../../src/base/fault.ts'
import { openEventStream } from '../../src/web/event-stream.ts'
import { eventBench as bench } from './event-bench.ts'

/** Of traces, one at a time. */
function oneTrace() {
  const running: string[] = []
  const start = () => {
    if (running.length > 0) throw fault('trace.too-many')
    running.push('trace')
    return () => void running.pop()
  }
  return { running, traces: { start } }
}

t.test('who leaves before his stream opens leaves nothing standing', async (t) => {
  const { running, traces } = oneTrace()
  const { read, tell, as, app, port, store, changeRights } = await bench(t, { traces })
  const { headers } = await as('root')
  for (const path of ['/api/v1/events', '/api/v1/trace']) {
    let answer = () => {}
    store.answers = new Promise((resolve) => {
      answer = resolve
    })
    store.asked = 0
    const connected = once(app.server, 'connection')
    const request = get({ host: '127.0.0.1', port, path, headers, agent: false }).on('error', () => undefined)
    const [socket] = await connected
    const gone = once(socket, 'close')
    while (store.asked === 0) await new Promise(setImmediate)
    request.destroy()
    await gone
    await new Promise(setImmediate)
    answer()
    await new Promise(setImmediate)
    store.asked = 0
    changeRights()
    t.equal(store.asked, 0, `${path}: nobody is asked for`)
  }
  t.same(running, [])
  t.equal((await read(headers, '/api/v1/trace')).status, 200, 'the next trace is admitted')
  const told: string[] = []
  const probe = { toJSON: () => told.push('told') }
  tell('call.held', 'call-ann', { probe })
  t.same(told, [], 'nothing is written for nobody')
  const stream = await read(headers)
  tell('call.held', 'call-ann', { probe })
  await stream.until(/"probe":1/)
})

t.test('one log-in has so many streams, and others have theirs', async (t) => {
  const { running, traces } = oneTrace()
  const { read, as, loggedIn } = await bench(t, { traces })
  const { headers } = await as('root')
  const streams = await Promise.all(Array.from({ length: 100 }, () => read(headers)))
  t.ok(streams.every(({ status }) => status === 200))
  for (const path of ['/api/v1/events', '/api/v1/trace']) {
    const refused = await read(headers, path)
    await refused.over()
    t.equal(refused.status, 429, path)
    t.equal(JSON.parse(refused.text()).code, 'web.too-many-streams')
  }
  t.same(running, [], 'a trace that nobody gets does not run')
  const { cookie } = await loggedIn('root')
  t.equal((await read({ cookie: `sotto=${cookie}` })).status, 200, 'another log-in')
  streams[0]?.stop()
  let status: number | undefined = 429
  while (status === 429) status = (await read(headers)).status
  t.equal(status, 200, 'one that ends makes room')
})

t.test('a stream that was ended is sent nothing more, though much of it was not taken yet', async (t) => {
  const { response, reader } = await slowReader(t)
  while (response.writableLength < 200_000) {
    reader.sendText('x'.repeat(100_000))
    await new Promise(setImmediate)
  }
  const failed = once(response, 'error').then(() => 'failed')
  reader.close()
  reader.sendText('more')
  reader.beat()
  t.equal(await Promise.race([failed, new Promise((resolve) => setImmediate(resolve, 'goes on'))]), 'goes on')
})

t.test('who takes what he is sent is not cut off because there is always more', async (t) => {
  const { socket, reader, response } = await slowReader(t)
  const fill = async (octets: number) => {
    while (response.writableLength < octets) {
      reader.sendText('x'.repeat(10_000))
      await new Promise(setImmediate)
    }
  }
  await fill(200_000)
  reader.beat()
  const least = response.writableLength
  for (let n = 0; n < 3; n += 1) {
    const drained = once(response, 'drain')
    socket.resume()
    await drained
    socket.pause()
    await fill(least)
    reader.beat()
    t.notOk(response.destroyed)
  }
  reader.beat()
  t.ok(response.destroyed, 'who takes nothing is')
})

async function slowReader(t: Test) {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  return { socket, response, reader: openEventStream(response) }
}
