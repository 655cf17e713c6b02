/** Time that a process waits for a processor is seen, or gaps of a busy machine would be taken for ours. */

import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import t from 'tap'
import { landedMs, watchHoldUps } from '../../src/demo/hold-ups.ts'
import { pause } from '../../src/demo/waiting.ts'

t.test('a beat of ours that comes late is a hold-up, and only between the times it fell into', async (t) => {
  const holdUps = watchHoldUps()
  t.teardown(() => holdUps.close())
  await pause(50)
  const fromMs = performance.now()
  while (performance.now() - fromMs < 100) {
    // Nothing else runs in this process meanwhile.
  }
  await pause(50)
  const whole = holdUps.heldMs(fromMs - 20, fromMs + 120)
  t.ok(whole >= 90)
  // What a hypervisor took meanwhile is in both.
  t.ok(whole - holdUps.heldMs(fromMs + 10, fromMs + 20) >= 80, 'a part of it counts as a part')
})

t.test('what was sent before somebody was held up has landed when he runs again', async (t) => {
  const heldMs = (fromMs: number, toMs: number) => Math.max(0, Math.min(toMs, 1490) - Math.max(fromMs, 990))
  t.equal(
    landedMs(500, () => 0),
    560,
  )
  t.equal(landedMs(500, heldMs), 560, 'a hold-up of later is none')
  t.ok(landedMs(1000, heldMs) >= 1490)
  t.ok(landedMs(1000, heldMs) <= 1600)
})

t.test('a process that shares its processors waits, and is seen to', async (t) => {
  const spinning = ['-e', 'for (;;) {}']
  const children = Array.from({ length: 2 * availableParallelism() + 1 }, () => spawn(process.execPath, spinning))
  t.teardown(() => {
    for (const child of children) child.kill('SIGKILL')
  })
  const holdUps = watchHoldUps(() => children.flatMap(({ pid }) => pid ?? []))
  t.teardown(() => holdUps.close())
  await pause(500)
  const fromMs = performance.now()
  await pause(1000)
  t.ok(holdUps.heldMs(fromMs, performance.now()) > 300)
})

t.test('a process that is gone adds nothing and breaks nothing', async (t) => {
  const holdUps = watchHoldUps(() => [2 ** 22 + 1])
  t.teardown(() => holdUps.close())
  await pause(30)
  t.ok(Number.isFinite(holdUps.heldMs(0, performance.now())))
})
