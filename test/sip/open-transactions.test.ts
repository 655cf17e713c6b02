import t from 'tap'
import type { SipOptions } from '../../src/sip/index.ts'
import { headerOf } from '../../src/sip/message.ts'
import { MAX_OPEN_OF_SOURCE } from '../../src/sip/server-transactions.ts'
import { endpoint, notes } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'
import { scriptedPeer } from './scripted-peer.ts'

const [OURS, THEIRS] = ['10.0.0.2', '10.0.0.77']

/** A call of ours that a peer answers, and then sends requests in it as fast as it can. @returns what they were answered. */
async function flooded(trunks: SipOptions['trunks'], more: Partial<SipOptions> = {}) {
  const net = memoryNet()
  const own = await endpoint(net, OURS, () => {}, { trunks, ...more })
  const peer = await scriptedPeer(net, THEIRS, OURS)
  peer.onRequest = (request) => {
    if (request.method === 'INVITE') peer.respond(request, 200, 'far', [['Contact', `<sip:${THEIRS}>`]], 'answer')
  }
  const told = notes()
  own.sip.invite({
    target: { uri: `sip:a@${THEIRS}` },
    from: { displayName: '', uri: 'sip:b@c', user: 'b' },
    body: 'offer',
    events: told,
  })
  await net.run(200)
  const invite = peer.last('INVITE')
  let cseq = 0
  const send = (method: string) => {
    cseq += 1
    peer.send(`${method} sip:${OURS}`, [
      ['Via', `SIP/2.0/UDP ${THEIRS};branch=z9hG4bK${method}${cseq}`],
      ['From', `${headerOf(invite, 'to')};tag=far`],
      ['To', headerOf(invite, 'from') ?? ''],
      ['Call-ID', headerOf(invite, 'call-id') ?? ''],
      ['CSeq', `${cseq} ${method}`],
    ])
  }
  const statuses = (status: number) => peer.responses.filter((each) => each.status === status).length
  return { net, own, told, send, statuses }
}

t.test('requests of one source that are kept are bounded; what ends a dialog is not refused', async (t) => {
  const { net, own, told, send, statuses } = await flooded([])
  for (let i = 0; i < MAX_OPEN_OF_SOURCE; i++) send('UPDATE')
  await net.run(100)
  t.equal(own.sip.stats()['serverTransactions'], MAX_OPEN_OF_SOURCE)
  t.equal(statuses(503), 0)
  send('UPDATE')
  send('UPDATE')
  await net.run(100)
  t.equal(statuses(503), 2, 'those above are refused')
  t.equal(own.sip.stats()['refused-transactions'], 2)
  t.equal(own.sip.stats()['serverTransactions'], MAX_OPEN_OF_SOURCE)
  await net.run(40_000, 1000)
  t.equal(own.sip.stats()['serverTransactions'], 0, 'with time there is room again')
  for (let i = 0; i < MAX_OPEN_OF_SOURCE; i++) send('UPDATE')
  await net.run(100)
  t.equal(statuses(503), 2)
  send('BYE')
  await net.run(100)
  t.ok(told.told.some((each) => each.startsWith('ended')))
  t.strictSame(own.defects, [])
  await own.sip.close()
})

t.test('how many may be set, and so may how many answers a stranger gets', async (t) => {
  const few = { pendingPerSource: 3, flood: { perAddress: 1, burst: 5, total: 100 } }
  const { net, own, send, statuses } = await flooded([], few)
  const before = own.sip.stats()['serverTransactions'] ?? 0
  for (let i = 0; i < 20; i++) send('UPDATE')
  await net.run(100)
  t.equal(own.sip.stats()['serverTransactions'], 3)
  t.equal(own.sip.stats()['refused-transactions'], 20 - 3 + before)
  t.equal(statuses(503), 5, 'and above those nobody is answered')
  t.equal(own.sip.stats()['flood'], 20 - 3 + before - 5)
  await own.sip.close()
})

t.test('a trunk has its calls to keep, and no such bound', async (t) => {
  const { net, own, send, statuses } = await flooded([{ name: 'carrier', addresses: [THEIRS] }])
  for (let i = 0; i < MAX_OPEN_OF_SOURCE + 10; i++) send('UPDATE')
  await net.run(100)
  t.equal(statuses(503), 0)
  t.equal(own.sip.stats()['serverTransactions'], MAX_OPEN_OF_SOURCE + 10)
  await own.sip.close()
})
