/** A registrar that keeps our contact for ever: over sockets and with the timers of the process, which do not wait for so long. */

import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import type { TrunkEvent } from '../../src/sip/index.ts'
import { udpSocket } from '../peers/udp-socket.ts'
import { realEndpoint, until } from './real-endpoint.ts'

t.test('it is asked once, and again within a week', async (t) => {
  const registrar = await udpSocket(t, '127.0.0.1')
  let asked = 0
  registrar.on('message', (octets, from) => {
    const [start = '', ...lines] = octets.toString('latin1').split('\r\n')
    if (!start.startsWith('REGISTER')) return
    asked += 1
    const same = lines.filter((line) => /^(?:Via|From|To|Call-ID|CSeq):/.test(line))
    const contact = lines.find((line) => line.startsWith('Contact:'))?.replace(/expires=\d+/, 'expires=4294967295')
    registrar.send(['SIP/2.0 200 OK', ...same, contact, 'Content-Length: 0', '', ''].join('\r\n'), from.port)
  })
  const told: TrunkEvent[] = []
  const registration = {
    registrar: `sip:127.0.0.1:${registrar.address().port}`,
    proxies: [],
    user: 'account',
    credentials: { user: 'account', password: new Secret('right') },
    expiresSeconds: 600,
    retrySeconds: 10,
  }
  const us = await realEndpoint(() => {}, {
    trunks: [{ name: 'carrier', addresses: [], registration }],
    onTrunk: (event) => told.push(event),
  })
  t.teardown(() => us.sip.close())
  t.ok(await until(() => told.length > 0))
  t.match(told, [{ type: 'trunk.registered', seconds: 7 * 86_400 }])
  t.notOk(await until(() => asked > 1 || told.length > 1, 500), 'nothing follows')
  t.match(us.sip.trunks(), [{ registration: { state: 'registered', failures: 0 } }])
  t.strictSame(us.defects, [])
})
