import { type AddressInfo, connect } from 'node:net'
import { Readable } from 'node:stream'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { watchConnections } from '../../src/web/connections.ts'

const [SILENT_MS, CHECK_MS, DROP_MS] = [1000, 50, 50]
/** More than the kernel takes for who does not read. */
const LONG = 'x'.repeat(32_000_000)
const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`

async function serving(t: Test): Promise<number> {
  const server = Fastify()
  watchConnections(server, SILENT_MS, CHECK_MS)
  server.get('/long', async () => LONG)
  server.get('/pieces', async () => Readable.from(Array.from({ length: 256 }, () => LONG.slice(0, LONG.length / 256))))
  server.get('/short', async () => 'short')
  await server.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => {
    server.server.closeAllConnections()
    return server.close()
  })
  return (server.server.address() as AddressInfo).port
}

/** Says something, then `drop` again and again, reading so much each time. @returns what came before the server closed. */
function held(port: number, begin: string, drop: string, octets: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.pause()
    socket.write(begin)
    const drops = setInterval(() => {
      text += String(socket.read(octets) ?? socket.read() ?? '')
      socket.write(drop)
    }, DROP_MS)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearInterval(drops)
      resolve(text)
    })
  })
}

t.test('who takes an answer in drops is cut off, and who takes it slowly is not', async (t) => {
  const port = await serving(t)
  t.ok((await held(port, ask('/long'), '\r\n', 10)).length < LONG.length / 2)
  const begin = performance.now()
  const whole = await fetch(`http://127.0.0.1:${port}/pieces`)
  let count = 0
  for await (const chunk of whole.body ?? []) {
    count += chunk.length
    const dueMs = begin + SILENT_MS * 2 * (count / LONG.length)
    if (performance.now() < dueMs - DROP_MS) await new Promise((resolve) => setTimeout(resolve, DROP_MS))
  }
  t.equal(count, LONG.length)
})

t.test('who asks for nothing is cut off, whatever he drips', async (t) => {
  const port = await serving(t)
  t.match(await held(port, ask('/short'), '\r\n', 1000), /short$/)
  t.equal(await held(port, '\r\n', '\r\n', 1000), '')
})

t.test('many questions in one piece, one behind the other, end the connection', async (t) => {
  const port = await serving(t)
  t.equal((await held(port, ask('/short').repeat(8), '', 100_000)).split('HTTP/1.1 200').length, 9)
  t.ok((await held(port, ask('/short').repeat(200), '', 100_000)).split('HTTP/1.1 200').length < 100)
})
