import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { freePort } from '../../src/demo/free-port.ts'

/** The first that Linux gives to who names none. */
const FIRST_GIVEN = 32_768

t.test('a port that a server can have for UDP and TCP, and that nobody is given who names none', async (t) => {
  const port = await freePort('127.0.0.5')
  t.ok(port >= 1024 && port < FIRST_GIVEN, `port ${port}`)
  const server = createServer().listen(port, '127.0.0.5')
  const socket = createSocket('udp4').bind(port, '127.0.0.5')
  await Promise.all([once(server, 'listening'), once(socket, 'listening')])
  server.close()
  socket.close()
  t.pass('both can be bound')
})

t.test('no port twice, since the first may not be bound yet', async (t) => {
  const ports: number[] = []
  for (let i = 0; i < 200; i++) ports.push(await freePort('127.0.0.5'))
  t.equal(new Set(ports).size, 200)
})

t.test('an address that is not of this machine says so', async (t) => {
  await t.rejects(freePort('192.0.2.1'), { code: 'EADDRNOTAVAIL' })
})
