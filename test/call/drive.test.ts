import t from 'tap'
import { drive } from '../../src/call/drive.ts'

type State = { readonly at: 'counting'; readonly count: number }
type Event = { readonly type: 'add'; readonly by: number }
type Effect = { readonly do: 'say'; readonly count: number }

const step = (state: State, event: Event) =>
  [
    { at: 'counting', count: state.count + event.by } as State,
    { do: 'say', count: state.count + event.by } as Effect,
  ] as const
const first: State = { at: 'counting', count: 0 }

t.test('what is raised while performing waits in line', async (t) => {
  const said: string[] = []
  const machine = drive<State, Event, Effect>(
    first,
    step,
    ({ count }) => {
      said.push(`begins ${count}`)
      if (count === 1) machine.send({ type: 'add', by: 10 })
      said.push(`ends ${count}`)
    },
    () => t.fail('nothing is wrong'),
  )
  machine.send({ type: 'add', by: 1 })
  t.same(said, ['begins 1', 'ends 1', 'begins 11', 'ends 11'])
  t.equal(machine.state.count, 11)
})

t.test('a defect is told, empties the line and leaves the machine usable', async (t) => {
  const bugs: unknown[] = []
  const machine = drive<State, Event, Effect>(
    first,
    step,
    ({ count }) => {
      if (count !== 1) return
      machine.send({ type: 'add', by: 100 })
      throw new TypeError('a defect')
    },
    (thrown) => bugs.push(thrown),
  )
  machine.send({ type: 'add', by: 1 })
  t.match(bugs, [{ message: 'a defect' }])
  t.equal(machine.state.count, 1, 'the event in line is gone')
  machine.send({ type: 'add', by: 1 })
  t.equal(machine.state.count, 2)
})
