/** Many callers key at the same time, each a number of their own: every one exact at the validation service, none crossed. */

import t from 'tap'
import { startSotto } from '../peers/sotto.ts'
import { checkClean, checkParted, hearEachOther, nextYearsEnd, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

/** The mark is 50; two cores that play all the phones as well manage this many in a test's time. */
const CALLERS = 12

t.test(`${CALLERS} callers key at the same time`, async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    phones: CALLERS,
  })
  const cards = Array.from({ length: CALLERS }, (_, i) => cardOf(i))
  const talks = await Promise.all(
    cards.map((_, i) =>
      talk(t, sotto, {
        number: String(100 + i),
        agent: { user: i === 0 ? 'agent' : `agent-${i + 1}`, password: `agent-password-${i + 1}` },
        caller: { user: `+4930123456${String(i).padStart(2, '0')}` },
      }),
    ),
  )
  const sessions = await Promise.all(
    talks.map((talking, i) => talking.secure([{ name: 'customer account', value: `account ${i}` }])),
  )
  await Promise.all(sessions.map((session, i) => session.enter(cards[i] ?? '', i % 3 === 2 ? 'in-band' : 'event')))
  const endings = await Promise.all(sessions.map((session) => session.event('secure.ended', 60_000)))

  t.equal(validation.requests.length, CALLERS, 'a request each')
  const wanted = cards.map((card, i) => [`account ${i}`, card, nextYearsEnd(), '123'])
  const byAccount = (a: readonly string[], b: readonly string[]) => (a[0] ?? '').localeCompare(b[0] ?? '')
  const got = validation.requests.map(({ body }) =>
    [...body.toString('utf8').matchAll(/ value="([^"]*)"/g)].map(([, value]) => value ?? ''),
  )
  t.strictSame(got.toSorted(byAccount), wanted.toSorted(byAccount), 'every number exact, at its own account')
  for (const [i, ended] of endings.entries()) {
    t.match(ended['outcome'], { result: 'accepted', lastFour: cards[i]?.slice(-4) }, 'told to its own agent')
  }
  for (const [i, talking] of talks.entries()) {
    await hearEachOther(t, talking)
    const session = sessions[i]
    if (session !== undefined) await checkParted(t, talking, session)
  }
  await checkClean(t, sotto, ...cards.slice(0, 3))
})

/** A Visa number with a check digit that fits (ISO/IEC 7812-1 annex B), another one for each `i`. */
function cardOf(i: number): string {
  const body = `4${String(731_846_205_937 + i * 81_726_354_918).padStart(14, '0')}`
  let sum = 0
  for (const [at, digit] of [...body].reverse().entries()) {
    const value = Number(digit) * (at % 2 === 0 ? 2 : 1)
    sum += value > 9 ? value - 9 : value
  }
  return `${body}${(10 - (sum % 10)) % 10}`
}
