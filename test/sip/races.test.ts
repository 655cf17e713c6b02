import t from 'tap'
import type { IncomingSession, OutgoingSession } from '../../src/sip/index.ts'
import { call, endpoint, type Notes, notes } from './endpoints.ts'
import { memoryNet, seeded } from './memory-wire.ts'

/** One call's two ends, and what happened at each. */
type Told = { readonly up: Notes; readonly down: Notes }

/**
 * Calls in which everything happens at once: answers, refusals, CANCELs, offers from both ends, INFO and BYE at any moment, with
 * messages lost and late. However they cross: each end hears of the end exactly once, and both agree that it is over.
 */
async function storm(
  seed: number,
  calls: number,
  loss: number,
): Promise<{ readonly all: Told[]; readonly left: unknown[] }> {
  const net = memoryNet(seed, 20)
  const chance = seeded(seed * 7919)
  net.lose = () => chance() < loss
  const soon = (limitMs: number, run: () => void) => void net.clock.after(chance() * limitMs, run)
  const all: Told[] = []
  const byUser = new Map<string, Told>()
  const disturb = (session: IncomingSession | OutgoingSession) => {
    if (chance() < 0.5) soon(3000, () => void session.reoffer(() => 'offer', chance() < 0.5 ? 'UPDATE' : 'INVITE'))
    if (chance() < 0.2) soon(3000, () => void session.info('application/media_control+xml', Buffer.from('x')))
    if (chance() < 0.6) soon(4000, () => session.end())
  }
  const caller = await endpoint(net, '10.0.0.1')
  const callee = await endpoint(net, '10.0.0.2', (session) => {
    const { down } = byUser.get(session.from.displayName) ?? { down: notes() }
    session.attach(down)
    if (chance() < 0.7) soon(500, () => session.progress(180))
    soon(1000, () => (chance() < 0.85 ? session.accept('answer') : session.reject(486)))
    disturb(session)
  })
  for (let n = 0; n < calls; n += 1) {
    const told = { up: notes(), down: notes() }
    all.push(told)
    byUser.set(`call ${n}`, told)
    soon(2000, () => {
      const session = caller.sip.invite({
        target: { uri: 'sip:42@10.0.0.2' },
        from: { displayName: `call ${n}`, uri: 'sip:c@10.0.0.1', user: 'c' },
        events: told.up,
        body: 'offer',
      })
      disturb(session)
      soon(10_000, () => net.clock.after(5_000, () => session.end()))
    })
  }
  await net.run(160_000, 100)
  const left = [caller, callee].flatMap(({ sip, defects }) => {
    const { clientTransactions, serverTransactions, dialogs, sessions } = sip.stats()
    return [...defects, { clientTransactions, serverTransactions, dialogs, sessions }]
  })
  return { all, left: [...left, { timers: net.clock.pending }] }
}

const NOTHING = { clientTransactions: 0, serverTransactions: 0, dialogs: 0, sessions: 0 }

for (const loss of [0, 0.05]) {
  t.test(
    `everything at once, ${loss * 100} % lost: each end is told once that it is over, and nothing is left`,
    async (t) => {
      const { all, left } = await storm(2026, 400, loss)
      t.strictSame(left, [NOTHING, NOTHING, { timers: 0 }])
      const isOver = (each: string) => each.startsWith('ended') || each.startsWith('refused')
      const stuck = all.filter(({ up, down }) => {
        const last = up.told.at(-1) ?? ''
        const ends = up.told.filter((each) => each.startsWith('ended')).length
        // A callee that never heard of the call has nothing to end.
        const downEnds = down.told.filter(isOver).length
        return !isOver(last) || ends > 1 || downEnds > 1 || (down.told.length > 0 && downEnds !== 1)
      })
      t.strictSame(
        stuck.slice(0, 3).map(({ up, down }) => [up.told, down.told]),
        [],
      )
      t.ok(all.some(({ up }) => up.told.includes('answered answer')))
      t.ok(all.some(({ up }) => up.told.includes('refused 487')))
    },
  )
}

t.test('the far end’s silence at any moment ends a call that stands', async (t) => {
  for (const silentFromMs of [0, 50, 100, 150, 200, 300, 1000]) {
    const net = memoryNet(3, 20)
    const up = notes()
    const down = notes()
    const caller = await endpoint(net, '10.0.0.1')
    const callee = await endpoint(net, '10.0.0.2', (session) => {
      session.attach(down)
      session.progress(180)
      session.accept('answer')
    })
    const startMs = net.clock.now()
    net.lose = (_text, from) => from === '10.0.0.1' && net.clock.now() - startMs >= silentFromMs
    call(caller, up)
    await net.run(2_000_000, 2000)
    t.strictSame([...caller.defects, ...callee.defects], [])
    t.match(callee.sip.stats(), NOTHING, `silent from ${silentFromMs} ms`)
    t.ok(down.told.length === 0 || down.told.at(-1) === 'ended timeout', `silent from ${silentFromMs} ms`)
    await caller.sip.close()
  }
})
