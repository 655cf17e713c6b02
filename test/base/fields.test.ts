import t from 'tap'
import { events, fieldKinds } from '../../src/base/fields.ts'

t.test('events are room.what-happened, each once', async (t) => {
  for (const event of events) t.match(event, /^[a-z-]+\.[a-z]+(-[a-z]+)*$/)
  t.equal(new Set(events).size, events.length)
})

t.test('no field invites what must not be logged', async (t) => {
  for (const name of Object.keys(fieldKinds)) t.notMatch(name, /pan|card|cvv|password|token|secret|body|text|message/i)
})
