import { join } from 'node:path'
import t from 'tap'
import { sealRecordings } from '../../src/control/recordings.ts'
import type { Recipients } from '../../src/media/contract-recording.ts'
import { certificateFileProblems } from '../../src/record/certificate-files.ts'
import { openssl, rsa } from '../record/recording-keys.ts'

const keys = openssl()
t.teardown(() => keys.close())
keys.selfSigned('good')
keys.selfSigned('weak', rsa(1024))
keys.write('both.pem', keys.read('good.key') + keys.read('good.pem'))
const DAY_MS = 86_400_000
const settings = (...names: string[]) =>
  ({ calls: 'all', folder: 'x', certificates: names.map((name) => join(keys.folder, name)) }) as const

async function seal(names: readonly string[], nowMs = Date.now()) {
  const [sealed, said, warned, faults]: [Recipients[], string[], unknown[], unknown[]] = [[], [], [], []]
  await sealRecordings(settings(...names), {
    media: { sealTo: async (recipients) => void sealed.push(recipients) },
    wallMs: () => nowMs,
    log: { warn: (event, fields) => void warned.push([event, fields]), fault: (thrown) => void faults.push(thrown) },
    say: (line) => void said.push(line),
  })
  return { sealed, said, warned, faults }
}

t.test('media is told whom to seal to, and of a certificate that will not be good for long', async (t) => {
  const { sealed, said, warned, faults } = await seal(['good.pem'])
  t.equal(sealed.length, 1)
  t.equal(sealed[0]?.length, 1)
  t.match(warned, [['recording.certificate-expires', { count: 0, days: 29 }]])
  t.same([...said, ...faults], [])
  t.same((await seal([])).sealed, [], 'nobody, where nobody is named')
})

t.test('what cannot be used ends no start: nothing is recorded, and that is said', async (t) => {
  for (const [names, nowMs, title] of [
    [['weak.pem'], Date.now(), /too weak/],
    [['both.pem'], Date.now(), /private key/],
    [['none.pem'], Date.now(), /cannot be read/],
    [['good.pem', 'weak.pem'], Date.now(), /too weak/],
    [['good.pem'], Date.now() + 60 * DAY_MS, /has expired/],
  ] as const) {
    const { sealed, said, faults } = await seal(names, nowMs)
    t.same(sealed, [])
    t.equal(faults.length, 1)
    t.match(said, [title])
    t.notMatch(said[0] ?? '', /BEGIN|MII/)
    t.equal(certificateFileProblems(settings(...names).certificates, nowMs).length, 1, 'a reload refuses it')
  }
})
