import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { auditKey } from '../../src/cli/audit-key.ts'
import { type VerifyInput, verifyCommand } from '../../src/cli/verify.ts'
import { chainOf, closing, KEY, opening, STARTED } from '../peers/audit-chain.ts'

/** A folder of a good chain in two files. */
function folderOf(t: Test): string {
  const folder = join(t.testdir(), 'audit')
  mkdirSync(folder)
  const lines = chainOf([STARTED, opening(), closing(), opening('secure-b'), closing({}, 'secure-b')])
  const write = (name: string, some: string[]) => writeFileSync(join(folder, name), `${some.join('\n')}\n`)
  write('records-00000001.jsonl', lines.slice(0, 3))
  write('records-00000004.jsonl', lines.slice(3))
  writeFileSync(join(folder, 'public-key.pem'), KEY.publicPem)
  return folder
}

function run(path: string, options: Partial<VerifyInput> = {}): { readonly code: number; readonly said: string } {
  const said: string[] = []
  const input = { path, keyFile: undefined, head: undefined, running: false, json: false, ...options }
  return { code: verifyCommand(input, (line) => said.push(line)), said: said.join('\n') }
}

t.test('a folder that holds, with its key and with one given', async (t) => {
  const folder = folderOf(t)
  const found = run(folder)
  t.equal(found.code, 0)
  t.match(found.said, /^record {2}session/)
  t.match(found.said, /2 +secure-a +ended +accepted +shown +yes/)
  t.match(found.said, /5 records, the last is 5 with digest \S{43}; 2 sessions; key \S{43}/)
  t.match(found.said, /The key was found beside the records/)
  const given = run(folder, { keyFile: join(folder, 'public-key.pem') })
  t.equal(given.code, 0)
  t.notMatch(given.said, /found beside/)
  t.match(given.said, /Everything holds\.$/)
})

t.test('what is wrong is said with its file, its line and its number', async (t) => {
  const folder = folderOf(t)
  const file = join(folder, 'records-00000004.jsonl')
  const lines = chainOf([STARTED, opening(), closing(), opening('secure-b'), closing({ mediaLost: true }, 'secure-b')])
  writeFileSync(file, `${lines.slice(3).join('\n')}\n{"torn`)
  const { code, said } = run(folder)
  t.equal(code, 1)
  t.match(
    said,
    /records-00000004\.jsonl, line 2, record 5: secure-b: the call went on though its media process was lost \(isolation\)/,
  )
  t.match(said, /6 octets of a record that was not written to its end \(torn\)/)
  t.match(said, /4 +secure-b +ended +accepted +shown +NO/)
  t.match(said, /2 things do not hold\.$/)
  const json = run(folder, { json: true })
  t.equal(json.code, 1)
  t.match(JSON.parse(json.said), {
    sound: false,
    keyGiven: false,
    findings: [
      { place: 'records-00000004.jsonl, line 3', code: 'torn' },
      { place: 'records-00000004.jsonl, line 2', number: 5 },
    ],
  })
})

t.test('one file of a folder, and a digest that was noted', async (t) => {
  const folder = folderOf(t)
  t.equal(run(join(folder, 'records-00000004.jsonl')).code, 0)
  const digest = /digest (\S{43})/.exec(run(join(folder, 'records-00000001.jsonl')).said)?.[1] ?? ''
  t.equal(run(folder, { head: digest }).code, 0)
  t.equal(run(join(folder, 'records-00000004.jsonl'), { head: digest }).code, 1)
})

t.test('nothing to check, no key, or a key of another kind', async (t) => {
  const folder = folderOf(t)
  const empty = join(folder, 'nothing')
  t.match(run(empty), { code: 2, said: /There are no audit records here/ })
  t.match(run(folder, { keyFile: join(folder, 'nothing') }), { code: 2, said: /There is no public key/ })
  t.equal(run(folder, { keyFile: join(folder, 'records-00000001.jsonl') }).code, 2)
})

t.test('the public key is printed for whoever is to check', async (t) => {
  const folder = folderOf(t)
  const said: string[] = []
  const input = { file: undefined, folder, shippedFolder: '/', env: {} }
  t.equal(
    auditKey(input, (line) => said.push(line)),
    0,
  )
  t.equal(`${said.join('\n')}\n`, KEY.publicPem)
  t.equal(
    auditKey({ ...input, folder: join(folder, 'nothing') }, () => undefined),
    1,
  )
  const config = join(folder, 'sotto.yaml')
  writeFileSync(config, 'audit: { folder: . }\n')
  t.equal(
    auditKey({ ...input, folder: undefined, file: config }, () => undefined),
    0,
  )
  t.equal(
    auditKey({ ...input, folder: undefined, file: join(folder, 'missing.yaml') }, () => undefined),
    2,
  )
})
