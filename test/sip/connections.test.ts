/** How many connections a source may have: what counts as one, and that it counts down as they end. */

import t from 'tap'
import { Connections, type Kept } from '../../src/sip/connections.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

t.test('a /64 of IPv6 has as many as one address, and gets back what has ended', async (t) => {
  const counted: string[] = []
  const kept = new Connections<Kept>({
    transport: 'tcp',
    listener: 0,
    clock: steppedClock(),
    count: (name) => counted.push(name),
    limits: { perListener: 100, perSource: 2 },
    provedIdleMs: 1000,
  })
  const cut: string[] = []
  const open = (address: string, proved: boolean) => {
    const flow = kept.flowTo({ address, port: 5060 })
    const destroy = () => void cut.push(address)
    const connection: Kept = { flow, deadlineMs: kept.deadlineMs(proved), proved, isAccepted: true, destroy }
    return { connection, isIn: kept.add(connection) }
  }
  const [first, second] = [open('2001:db8:0:1::1', false), open('2001:db8:0:1::2', true)]
  t.ok(open('2001:db8:0:2::1', true).isIn, 'another /64 has its own')
  t.ok(open('2001:db8:0:1::3', true).isIn)
  t.strictSame(cut, ['2001:db8:0:1::1'], 'in the place of the one that has proved nothing')
  t.notOk(open('2001:db8:0:1::4', true).isIn, 'phones stay')
  t.strictSame(counted, ['connections-of-source', 'connections-of-source'])
  t.notOk(kept.remove(first.connection), 'it is not there any more')
  t.ok(kept.remove(second.connection))
  t.ok(open('2001:db8:0:1::5', true).isIn)
  kept.close()
})
