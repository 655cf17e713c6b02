import t from 'tap'
import { type Attempt, createGuard } from '../../src/people/guard.ts'

const HERE = '192.0.2.1'
const THERE = '192.0.2.2'

function guarded() {
  let ms = 0
  const guard = createGuard(() => ms)
  return {
    go: (by: number) => {
      ms += by
    },
    /** @returns ms to wait, or the try. */
    try: (user: string, address = HERE) => guard.attempt(address, user),
    fail: (user: string, address = HERE) => {
      const attempt = guard.attempt(address, user)
      return 'waitMs' in attempt ? attempt.waitMs : 0
    },
    /** @returns whether he was heard, and proved himself. */
    prove: (user: string, address = HERE) => {
      const attempt = guard.attempt(address, user)
      if ('waitMs' in attempt) return false
      attempt.proved()
      return true
    },
  }
}
const isTry = (outcome: Attempt | { waitMs: number }): outcome is Attempt => !('waitMs' in outcome)

t.test('a user whose password is guessed: at once, then later and later, then not for half an hour', async (t) => {
  const g = guarded()
  for (let n = 1; n <= 5; n += 1) t.equal(g.fail('ann'), 0, `failure ${n}`)
  for (const waitMs of [2000, 4000, 8000, 16_000, 32_000]) {
    t.equal(g.fail('ann'), waitMs)
    g.go(waitMs)
    t.equal(g.fail('ann'), 0)
  }
  t.equal(g.fail('ann'), 1_800_000, 'locked')
  g.go(1_799_999)
  t.equal(g.fail('ann'), 1, 'a try meanwhile makes it no longer')
  t.equal(g.fail('bob'), 0, 'others are heard')
  g.go(1)
  t.equal(g.fail('ann'), 0)
  t.equal(g.fail('ann'), 1_800_000, 'and locked by the next failure')
})

t.test('who proves himself begins anew, and is not locked out from elsewhere', async (t) => {
  const g = guarded()
  for (let n = 1; n <= 4; n += 1) g.fail('ann')
  const proof = g.try('ann')
  t.ok(isTry(proof))
  if (isTry(proof)) proof.proved()
  for (let n = 1; n <= 5; n += 1) t.equal(g.fail('ann'), 0, `failure ${n}`)
  t.equal(g.fail('ann'), 2000)
  g.go(2000)
  const again = g.try('ann')
  if (isTry(again)) again.proved()
  for (let n = 1; n <= 5; n += 1) g.fail('ann', THERE)
  t.ok(g.fail('ann', THERE) > 0, 'guessed elsewhere')
  t.ok(isTry(g.try('ann')), 'and heard where he is at home')
})

t.test('many tries at once are no way around', async (t) => {
  const g = guarded()
  const tries = Array.from({ length: 20 }, () => g.try('ann'))
  t.equal(tries.filter(isTry).length, 5)
})

t.test('a right password whose code is still to come counts for nothing', async (t) => {
  const g = guarded()
  for (let n = 1; n <= 50; n += 1) {
    const attempt = g.try('ann')
    t.ok(isTry(attempt))
    if (isTry(attempt)) attempt.undecided()
  }
  for (let n = 1; n <= 4; n += 1) g.fail('ann')
  const attempt = g.try('ann')
  if (isTry(attempt)) attempt.undecided()
  t.equal(g.fail('ann'), 0, 'nor does it forgive')
  t.equal(g.fail('ann'), 2000)
})

t.test('a source that tries many users', async (t) => {
  const g = guarded()
  for (let n = 1; n <= 41; n += 1) t.equal(g.fail(`user-${n}`), 0, `user ${n}`)
  t.equal(g.fail('user-42'), 2000)
  t.equal(g.fail('user-42', THERE), 0, 'another source')
  const v6 = (tail: string) => `2001:db8:1:2::${tail}`
  for (let n = 1; n <= 41; n += 1) g.fail(`user-${n}-6`, v6(String(n)))
  t.ok(g.fail('someone', v6('ffff')) > 0, 'one /64 is one source')
  t.equal(g.fail('someone', '2001:db8:1:3::1'), 0)
  t.ok(g.fail('someone', `::ffff:${HERE}`) > 0, 'IPv4 in IPv6 is IPv4')
})

t.test('failures are forgotten after a day', async (t) => {
  const g = guarded()
  for (let n = 1; n <= 5; n += 1) g.fail('ann')
  g.go(86_400_001)
  for (let n = 1; n <= 5; n += 1) t.equal(g.fail('ann'), 0)
})

t.test('an office behind one address: what some mistype day after day shuts nobody out', async (t) => {
  const g = guarded()
  const shutOut: string[] = []
  for (let day = 0; day < 30; day += 1) {
    for (let agent = 0; agent < 200; agent += 1) {
      const name = `agent-${agent}`
      if ((agent + day) % 25 === 0 && g.fail(name) > 0) shutOut.push(`${name}, day ${day}, his mistake`)
      if (!g.prove(name)) shutOut.push(`${name}, day ${day}`)
      g.go(1000)
    }
    g.go(86_400_000 - 200_000)
  }
  t.same(shutOut, [])
})

t.test('a good log-in shuts nobody out, however many have failed before it', async (t) => {
  const g = guarded()
  for (let n = 1; n <= 45; n += 1) {
    g.fail(`user-${n}`)
    g.go(60_000)
  }
  g.go(600_000)
  t.ok(g.prove('ann'))
  t.ok(g.prove('bob'), 'at once')
  const attempt = g.try('sue')
  if (isTry(attempt)) attempt.undecided()
  t.ok(isTry(g.try('root')), 'nor does one whose code is still to come')
})

t.test('good log-ins of his own give nobody more guesses', async (t) => {
  const g = guarded()
  let guesses = 0
  for (let n = 0; n < 8640; n += 1) {
    g.prove('eve')
    if (isTry(g.try(`user-${n}`))) guesses += 1
    g.prove('eve')
    g.go(10_000)
  }
  t.ok(
    guesses >= 40 + 47 && guesses <= 40 + 48 + 12,
    `${guesses} in a day: those that are free, and one each half an hour`,
  )
})

t.test('a lock is not washed away by other names, refused ones or heard ones', async (t) => {
  const g = guarded()
  for (let n = 1; n <= 10; n += 1) {
    g.fail('ann')
    g.go(32_000)
  }
  for (let n = 1; n <= 41; n += 1) g.fail(`user-${n}`, THERE)
  for (let n = 1; n <= 10_001; n += 1) g.fail(`made-up-${n}`, THERE)
  t.ok(g.fail('ann', '192.0.2.3') > 0, 'refused ones')
  for (let n = 1; n <= 10_001; n += 1) g.fail(`made-up-${n}`, `2001:db8:0:${n.toString(16)}::1`)
  t.ok(g.fail('ann', '192.0.2.3') > 0, 'heard ones')
})
