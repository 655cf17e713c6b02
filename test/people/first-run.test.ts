import { randomBytes } from 'node:crypto'
import t from 'tap'
import { createFirstRun } from '../../src/people/first-run.ts'

const ADDRESS = '192.0.2.7'

function bench() {
  const time = { nowMs: 0 }
  const there = { isSomebody: false }
  const firstRun = createFirstRun({
    random: randomBytes,
    now: () => time.nowMs,
    isSomebodyThere: () => there.isSomebody,
  })
  return { time, there, firstRun }
}

t.test('the secret is good once', async (t) => {
  const { firstRun } = bench()
  t.notOk(firstRun.isOpen, 'before anything was told')
  t.throws(() => firstRun.take('', ADDRESS), { code: 'people.first-link-void' })
  const secret = firstRun.begin() ?? ''
  t.match(secret, /^[a-z]{64}$/)
  t.ok(firstRun.isOpen)
  t.throws(() => firstRun.take(`${secret}x`, ADDRESS), { code: 'people.first-link-void' })
  t.ok(firstRun.isOpen, 'a guess does not spend it')
  const giveBack = firstRun.take(secret, ADDRESS)
  t.notOk(firstRun.isOpen)
  t.throws(() => firstRun.take(secret, ADDRESS), { code: 'people.first-link-void' })
  giveBack()
  firstRun.take(secret, ADDRESS)
})

t.test('for an hour, only while nobody is there, and the newest alone', async (t) => {
  const { firstRun, time, there } = bench()
  const old = firstRun.begin() ?? ''
  const secret = firstRun.begin() ?? ''
  t.throws(() => firstRun.take(old, ADDRESS), { code: 'people.first-link-void' })
  there.isSomebody = true
  t.throws(() => firstRun.take(secret, ADDRESS), { code: 'people.first-link-void' })
  t.equal(firstRun.begin(), undefined)
  there.isSomebody = false
  time.nowMs = 3_600_000
  t.notOk(firstRun.isOpen)
  t.throws(() => firstRun.take(secret, ADDRESS), { code: 'people.first-link-void' })
})

t.test('who guesses waits, and nobody elsewhere does', async (t) => {
  const { firstRun } = bench()
  const secret = firstRun.begin() ?? ''
  const codes = Array.from({ length: 12 }, () => {
    try {
      firstRun.take('guess', '198.51.100.9')
    } catch (thrown) {
      return (thrown as { code: string }).code
    }
    return 'taken'
  })
  t.equal(codes[0], 'people.first-link-void')
  t.equal(codes.at(-1), 'people.locked-out')
  t.throws(() => firstRun.take(secret, '198.51.100.9'), { code: 'people.locked-out' }, 'even with the right one')
  firstRun.take(secret, ADDRESS)
})
