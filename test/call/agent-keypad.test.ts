import t from 'tap'
import { createAgentKeypad } from '../../src/call/agent-keypad.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

t.test('the code is told once, and a pause of more than three seconds breaks it', async (t) => {
  const clock = steppedClock()
  let told = 0
  const keypad = createAgentKeypad('*71', clock, () => told++)
  t.ok(keypad.listens)
  for (const key of [10, 7, 1]) keypad.key(key, true)
  t.equal(told, 1)
  keypad.key(10, true)
  clock.step(3001)
  for (const key of [7, 1]) keypad.key(key, true)
  t.equal(told, 1)
})

t.test('keys that do not count are forgotten, and those before them', async (t) => {
  let told = 0
  const keypad = createAgentKeypad('*71', steppedClock(), () => told++)
  keypad.key(10, true)
  keypad.key(7, false)
  keypad.key(1, true)
  t.equal(told, 0)
})

t.test('without a code nothing is listened for', async (t) => {
  const keypad = createAgentKeypad('*', steppedClock(), () => t.fail('no code'))
  t.notOk(keypad.listens)
  keypad.key(10, true)
})
