import t from 'tap'
import { checkedServer } from './checked-server.ts'
import { bearer, webBench } from './web-bench.ts'

const TEXT = 'id: ours\ntitle: Ours\nsteps:\n  - begin\n  - collect: pin\n  - validate\n'

async function post(path: string, payload: object) {
  const app = checkedServer(webBench().options)
  return app.inject({ method: 'POST', url: `/api/v1/flow-texts/${path}`, headers: bearer, payload })
}

t.test('a text is checked: problems at their lines, or the steps that it says', async (t) => {
  const good = await post('check', { text: TEXT })
  t.equal(good.statusCode, 200)
  t.match(good.json(), { problems: [], flow: { id: 'ours', fields: [{ name: 'pin', kind: 'pin' }] } })
  t.strictSame(
    good.json().flow.steps.map(({ do: word, line }: { do: string; line: number }) => `${line} ${word}`),
    ['4 say', '5 collect', '6 validate'],
  )
  const bad = await post('check', { text: TEXT.replace('validate', 'validat'), id: 'ours' })
  t.match(bad.json(), { problems: [{ key: 'steps[2]', line: 6, advice: 'Did you mean "validate"?' }] })
  t.notOk('flow' in bad.json())
  t.match((await post('check', { text: TEXT, id: 'other' })).json(), { problems: [{ key: 'id', line: 1 }] })
})

t.test('a dry run says what happens, with the words of its clips, and what it waits for', async (t) => {
  const acts = [
    { act: 'enter', keys: 4, ends: 'terminator' },
    { act: 'verdict', result: 'declined' },
  ]
  const run = await post('dry-run', { text: TEXT, acts })
  t.equal(run.statusCode, 200)
  t.match(run.json(), {
    languages: ['en'],
    awaits: { at: 'nothing' },
    texts: { 'ask-pin': { language: 'en', text: /identification number/ } },
  })
})

t.test('what does not fit is refused, and so is anything that could be digits', async (t) => {
  const unfit = await post('dry-run', { text: TEXT, acts: [{ act: 'verdict', result: 'accepted' }] })
  t.match({ status: unfit.statusCode, code: unfit.json().code }, { status: 422, code: 'flow.act-not-fitting' })
  const bad = await post('dry-run', { text: 'id: x', acts: [] })
  t.match(bad.json(), { code: 'flow.not-valid', problems: [{ says: /./ }] })
  for (const act of [
    { act: 'enter', keys: '4111', ends: 'terminator' },
    { act: 'enter', keys: 41, ends: 'terminator' },
    { act: 'enter', keys: 4, ends: 'terminator', digits: '1234' },
    { act: 'press' },
  ])
    t.equal((await post('dry-run', { text: TEXT, acts: [act] })).statusCode, 400, JSON.stringify(act))
})

t.test('the schema and the drafts are there to be read', async (t) => {
  const app = checkedServer(webBench().options)
  const get = (url: string) => app.inject({ url, headers: bearer })
  t.match((await get('/api/v1/flow-texts/schema')).json(), { title: 'Sotto flow', properties: { steps: {} } })
  t.match((await get('/api/v1/flows/pin-check/draft')).json(), { id: 'pin-check', text: /^# yaml/ })
  t.equal((await get('/api/v1/flows/nothing/draft')).statusCode, 404)
})
