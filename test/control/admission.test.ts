import t from 'tap'
import type { FaultCode } from '../../src/base/faults.ts'
import { createAdmission, type Episode, stepEpisode } from '../../src/control/admission.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

t.test('an episode: begins once, bridges pauses, and tells how long and how many', async (t) => {
  let episode: Episode = { at: 'open' }
  const seen: unknown[] = []
  const step = (cause: FaultCode | undefined, nowMs: number, refused: number) => {
    const [next, ...effects] = stepEpisode(episode, cause, nowMs, refused)
    episode = next
    seen.push(...effects)
  }
  step(undefined, 0, 7)
  step('media.full', 1000, 7)
  step('media.full', 2000, 9)
  step(undefined, 3000, 12)
  step('media.no-port', 6900, 12)
  step(undefined, 11_800, 15)
  t.strictSame(seen, [{ do: 'tellBegan', cause: 'media.full' }])
  step(undefined, 11_900, 15)
  t.strictSame(seen.slice(1), [{ do: 'tellEnded', forMs: 5900, refused: 8 }])
  step(undefined, 30_000, 15)
  step('control.late', 31_000, 15)
  t.strictSame(seen.slice(2), [{ do: 'tellBegan', cause: 'control.late' }])
})

t.test('calls are refused while media or control is late, and the log has it once', async (t) => {
  const clock = steppedClock()
  const logged: unknown[] = []
  let [media, lateMs, sessions, refused]: [FaultCode | undefined, number, number, number] = [undefined, 0, 3, 0]
  let freeMegabytes = 64
  const admission = createAdmission({
    lateMs: () => 200,
    takeLateness: () => lateMs,
    freeMegabytes: () => freeMegabytes,
    leastFreeMegabytes: () => 64,
    sessions: () => sessions,
    mediaRefusal: () => media,
    refused: () => refused,
    clock,
    log: {
      fault: (thrown) => logged.push((thrown as { code: string }).code),
      info: (event, fields) => logged.push([event, fields]),
    },
  })
  t.teardown(() => admission.close())
  t.notOk(admission.isBusy())
  media = 'media.lost'
  t.notOk(admission.isBusy(), 'a process that comes back in a moment refuses nobody at the door')
  media = 'media.full'
  t.ok(admission.isBusy())
  t.match(admission.view(), { takesCalls: false, fault: 'media.full' })
  refused = 5
  clock.step(2000)
  media = undefined
  t.notOk(admission.isBusy(), 'taken at once when there is a place')
  clock.step(7000)
  t.strictSame(logged, ['media.full', ['control.refusing-ended', { seconds: 2, count: 5 }]])

  lateMs = 300
  clock.step(3000)
  t.ok(admission.isBusy(), 'control is late')
  t.equal(admission.view().controlLateMs, 300)
  sessions = 0
  t.notOk(admission.isBusy(), 'but has nobody to hurt')
  sessions = 1
  lateMs = 50
  clock.step(4000)
  t.ok(admission.isBusy(), 'still, until five good seconds have gone')
  clock.step(1000)
  t.notOk(admission.isBusy())

  freeMegabytes = 63
  clock.step(1000)
  t.match(admission.view(), { takesCalls: false, fault: 'control.memory-short' })
  freeMegabytes = 64
  clock.step(1000)
  t.notOk(admission.isBusy(), 'as soon as there is room again')
})
