/** Texts to several phones: whoever takes one first is the answer, and who is silent keeps neither the writer nor the next stage waiting. */

import t from 'tap'
import { type Bench, CONFIG_TEXT, callBench, configOf, settle } from '../peers/call-bench.ts'
import { write } from '../peers/text-writer.ts'

/** Phones of which each answers when it is told to. */
function slowPhones(bench: Bench) {
  const answers = new Map<string, (status: number) => void>()
  bench.sip.textAnswers = ({ target }) =>
    new Promise((resolve) => {
      answers.set(/sip:(\w+)@/.exec(target.uri)?.[1] ?? '', resolve)
    })
  const say = async (account: string, status: number) => {
    answers.get(account)?.(status)
    await settle()
  }
  const wait = async (ms: number) => {
    bench.clock.step(ms)
    await settle()
  }
  return { say, wait, asked: () => [...answers.keys()] }
}

t.test('the first that takes it is the answer: a phone that is not there keeps nobody waiting', async (t) => {
  const config = configOf(CONFIG_TEXT.replace('name: carrier,', 'name: carrier, maxCalls: 1,'))
  const bench = callBench({ config })
  const { say } = slowPhones(bench)
  const answer = await write(bench, '200')
  await say('second', 202)
  t.match(answer, { status: 202 }, 'though the other one says nothing')
  t.match(await write(bench, '200'), { status: undefined }, 'the line of the trunk is free again')
  await say('agent', 486)
  await say('second', 200)
})

t.test(
  'a stage that is silent is waited for as long as any far end that has a spare; who takes it later has it',
  async (t) => {
    const bench = callBench()
    const { say, wait, asked } = slowPhones(bench)
    const answer = await write(bench, '300')
    await wait(4999)
    t.strictSame(asked(), ['agent'])
    await wait(1)
    t.strictSame(asked(), ['agent', 'second'])
    await say('second', 486)
    t.strictSame(asked(), ['agent', 'second'], 'the first may still take it')
    await wait(5000)
    t.strictSame(asked(), ['agent', 'second', 'third'])
    t.strictSame(
      bench.sip.texts.map(({ patienceMs }) => patienceMs),
      [30_000, 25_000, 20_000],
      'before the writer gives up',
    )
    await say('agent', 200)
    t.match(answer, { status: 200 })

    const refused = await write(bench, '300')
    await say('agent', 486)
    await say('second', 404)
    await say('third', 408)
    t.match(refused, { status: 486 }, 'nobody is left to wait for')
    t.equal(bench.clock.pending, 0)
  },
)
