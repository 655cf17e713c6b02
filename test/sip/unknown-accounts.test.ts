/**
 * Who tries out names learns none: whatever is asked, wherever the name stands, with or without a password, a name that is known and one that is
 * not get the same answer in the same time; and nobody is told a version.
 */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { authorize, chooseChallenges } from '../../src/sip/digest-client.ts'
import { parseMessage } from '../../src/sip/parse-message.ts'
import { realEndpoint } from './real-endpoint.ts'

t.setTimeout(120_000)

const KNOWN = 'alice'
const UNKNOWN = 'nobod'
const METHODS = ['REGISTER', 'INVITE', 'OPTIONS', 'SUBSCRIBE', 'MESSAGE', 'BYE', 'PUBLISH'] as const
/** Times that each is measured, one after the other in turns. */
const ROUNDS = 60
/** The mark: difference of the medians. */
const MOST_MS = 5

/** A stranger at an endpoint that has one account. */
async function stranger(t: Test) {
  const { sip, port, defects } = await realEndpoint(() => {}, {
    trunks: [],
    phones: {
      realm: 'sotto',
      accountOf: (user) => (user === KNOWN ? { password: new Secret('right') } : undefined),
      nonceKey: new Uint8Array(32),
      // Locked out nobody is told anything: what is measured here is what comes before.
      lockout: { failures: 1_000_000, lockMs: 1000 },
    },
  })
  t.teardown(() => sip.close())
  const socket = createSocket('udp4')
  t.teardown(() => socket.close())
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  let count = 0
  const ask = async (method: string, user: string, authorization = ''): Promise<string> => {
    count += 1
    const uri = method === 'REGISTER' ? 'sip:127.0.0.1' : `sip:${user}@127.0.0.1:${port}`
    const text = `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK${count};rport\r\nMax-Forwards: 70\r\nFrom: <sip:${user}@127.0.0.1>;tag=1\r\nTo: <sip:${user}@127.0.0.1>\r\nCall-ID: ${count}\r\nCSeq: 1 ${method}\r\nContact: <sip:a@127.0.0.1>\r\n${authorization}Content-Length: 0\r\n\r\n`
    const answer = once(socket, 'message')
    socket.send(text, port, '127.0.0.1')
    const [octets] = (await answer) as [Buffer]
    return octets.toString('latin1')
  }
  const wrong = async (method: string, user: string): Promise<string> => {
    const parsed = parseMessage(Buffer.from(await ask('REGISTER', user), 'latin1'))
    const values = parsed.kind === 'message' ? parsed.message.values : []
    const [challenge] = chooseChallenges(values.filter((value) => value.startsWith('Digest')))
    if (challenge === undefined) throw new Error('no challenge')
    const uri = method === 'REGISTER' ? 'sip:127.0.0.1' : `sip:${user}@127.0.0.1:${port}`
    return `Authorization: ${authorize(challenge, { user, password: new Secret('wrong') }, { method, uri }, 'c').value}\r\n`
  }
  return { ask, wrong, defects }
}

/** Without what is another one each time. */
const plain = (answer: string, user: string) =>
  answer
    .replaceAll(user, 'USER')
    .replace(/nonce="[^"]*"|tag=[\w-]+|branch=\w+|Call-ID: \d+/g, '')
    .replace(/\brport=\d+/g, '')

t.test('the same answer', async (t) => {
  const { ask, wrong, defects } = await stranger(t)
  for (const method of METHODS) {
    const answers: string[] = []
    for (const user of [KNOWN, UNKNOWN]) answers.push(plain(await ask(method, user), user))
    t.equal(answers[0], answers[1], `${method} without a password`)
    const guesses: string[] = []
    for (const user of [KNOWN, UNKNOWN]) guesses.push(plain(await ask(method, user, await wrong(method, user)), user))
    t.equal(guesses[0], guesses[1], `${method} with a wrong one`)
    t.notMatch(answers[0], /(?:Server|User-Agent): (?!Sotto\r\n)/, 'no version is told')
  }
  t.strictSame(defects, [])
})

t.test('in the same time', async (t) => {
  const { ask, wrong } = await stranger(t)
  for (const method of ['REGISTER', 'INVITE'] as const) {
    const took = { known: [] as number[], unknown: [] as number[] }
    for (let round = 0; round < ROUNDS; round += 1)
      for (const [name, user] of [
        ['known', KNOWN],
        ['unknown', UNKNOWN],
      ] as const) {
        // biome-ignore format: one loop
        const proof = await wrong(method, user)
        const startMs = performance.now()
        await ask(method, user, proof)
        took[name].push(performance.now() - startMs)
      }
    const median = (all: number[]) => all.sort((a, b) => a - b)[ROUNDS / 2] ?? 0
    const apart = Math.abs(median(took.known) - median(took.unknown))
    t.ok(apart < MOST_MS, `${method}: medians are ${apart.toFixed(2)} ms apart`)
  }
})
