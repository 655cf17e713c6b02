import t from 'tap'
import {
  CLIENT_START,
  type ClientEffect,
  type ClientEvent,
  type ClientKind,
  type ClientState,
  stepClient,
} from '../../src/sip/client-transaction.ts'
import {
  SERVER_START,
  type ServerEvent,
  type ServerKind,
  type ServerState,
  stepServer,
} from '../../src/sip/server-transaction.ts'

/** An effect or event as one word. */
const word = (each: ClientEffect | { do: string; timer?: string; ms?: number; why?: string }): string =>
  [
    each.do,
    'timer' in each ? each.timer : undefined,
    'ms' in each ? each.ms : undefined,
    'why' in each ? each.why : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(' ')

function runClient(kind: ClientKind, events: readonly ClientEvent[]): { readonly at: string; readonly said: string[] } {
  let state: ClientState = CLIENT_START
  const said: string[] = []
  for (const event of events) {
    const [next, ...effects] = stepClient(kind, state, event)
    state = next
    said.push(effects.map(word).join(', '))
  }
  return { at: state.at, said }
}

function runServer(kind: ServerKind, events: readonly ServerEvent[]): { readonly at: string; readonly said: string[] } {
  let state: ServerState = SERVER_START
  const said: string[] = []
  for (const event of events) {
    const [next, ...effects] = stepServer(kind, state, event)
    state = next
    said.push(effects.map(word).join(', '))
  }
  return { at: state.at, said }
}

const started = { type: 'started' } as const
const responded = (status: number) => ({ type: 'responded', status }) as const
const answered = (status: number) => ({ type: 'answered', status }) as const
const lapsed = <T extends string>(timer: T) => ({ type: 'lapsed', timer }) as const
const UDP = { reliable: false }
const TCP = { reliable: true }

t.test('INVITE client over UDP', async (t) => {
  const invite = { invite: true, ...UDP }
  t.strictSame(runClient(invite, [started, ...Array(6).fill(lapsed('retransmit')), lapsed('timeout')]).said, [
    'send, arm timeout 32000, arm retransmit 500',
    'send, arm retransmit 1000',
    'send, arm retransmit 2000',
    'send, arm retransmit 4000',
    'send, arm retransmit 8000',
    'send, arm retransmit 16000',
    'send, arm retransmit 32000',
    'report timedOut, end',
  ])
  const refused = runClient(invite, [started, responded(180), responded(486), responded(486), lapsed('linger')])
  t.strictSame(refused.said.slice(1), [
    'disarm retransmit, disarm timeout, pass',
    'disarm retransmit, disarm timeout, sendAck, pass, arm linger 32000',
    'sendAck',
    'end',
  ])
  const accepted = runClient(invite, [started, responded(200), responded(200), responded(486), lapsed('linger')])
  t.strictSame(accepted.said.slice(1), ['disarm retransmit, disarm timeout, pass, arm linger 32000', 'pass', '', 'end'])
  t.equal(
    runClient(invite, [started, responded(180), lapsed('retransmit')]).said.at(-1),
    '',
    'nothing is sent again after a provisional',
  )
  t.strictSame(runClient(invite, [started, { type: 'transportFailed' }, responded(200)]), {
    at: 'ended',
    said: ['send, arm timeout 32000, arm retransmit 500', 'report transportFailed, end', ''],
  })
})

t.test('other clients over UDP', async (t) => {
  const bye = { invite: false, ...UDP }
  const beats = runClient(bye, [started, ...Array(5).fill(lapsed('retransmit'))]).said.map(
    (each) => /retransmit (\d+)/.exec(each)?.[1],
  )
  t.strictSame(beats, ['500', '1000', '2000', '4000', '4000', '4000'])
  t.equal(runClient(bye, [started, responded(100), lapsed('retransmit')]).said.at(-1), 'send, arm retransmit 4000')
  t.strictSame(runClient(bye, [started, responded(200), responded(200), lapsed('linger')]).said.slice(1), [
    'disarm retransmit, disarm timeout, pass, arm linger 5000',
    '',
    'end',
  ])
})

t.test('clients over TCP send once and do not linger', async (t) => {
  t.strictSame(runClient({ invite: true, ...TCP }, [started, responded(486)]).said, [
    'send, arm timeout 32000',
    'sendAck, pass, end',
  ])
  t.strictSame(runClient({ invite: false, ...TCP }, [started, responded(200)]).said, [
    'send, arm timeout 32000',
    'pass, end',
  ])
  t.equal(runClient({ invite: true, ...TCP }, [started, responded(200)]).at, 'accepted', 'forks may still answer')
})

t.test('INVITE server over UDP', async (t) => {
  const invite = { invite: true, ...UDP }
  t.strictSame(
    runServer(invite, [
      answered(100),
      { type: 'repeated' },
      answered(486),
      lapsed('retransmit'),
      lapsed('retransmit'),
      lapsed('retransmit'),
      lapsed('retransmit'),
      { type: 'repeated' },
      { type: 'acked' },
      { type: 'repeated' },
      lapsed('linger'),
    ]).said,
    [
      'send',
      'send',
      'send, arm timeout 32000, arm retransmit 500',
      'send, arm retransmit 1000',
      'send, arm retransmit 2000',
      'send, arm retransmit 4000',
      'send, arm retransmit 4000',
      'send',
      'disarm retransmit, disarm timeout, arm linger 5000',
      '',
      'end',
    ],
  )
  t.strictSame(
    runServer(invite, [answered(200), { type: 'repeated' }, answered(200), answered(486), lapsed('linger')]).said,
    ['send, arm linger 32000', '', 'send', '', 'end'],
  )
  t.equal(runServer(invite, [answered(486), lapsed('timeout')]).at, 'ended', 'no ACK for 32 s')
})

t.test('other servers, and TCP', async (t) => {
  t.strictSame(
    runServer({ invite: false, ...UDP }, [answered(200), { type: 'repeated' }, { type: 'acked' }, lapsed('linger')])
      .said,
    ['send, arm linger 32000', 'send', '', 'end'],
  )
  t.strictSame(runServer({ invite: false, ...TCP }, [answered(200)]).said, ['send, end'])
  t.strictSame(runServer({ invite: true, ...TCP }, [answered(486), { type: 'acked' }]).said, [
    'send, arm timeout 32000',
    'end',
  ])
})
