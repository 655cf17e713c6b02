/** Files that this user may not read, or that are no certificates: `sotto config check` names each before a start does, and a start says it in words, with the exit code that says whose mistake it is. */

import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { makeDevelopmentCertificates } from '../../src/demo/certificate.ts'
import { freePort } from '../peers/free-port.ts'

t.setTimeout(240_000)
const CLI = resolve(import.meta.dirname, '../../src/cli.ts')
const NOBODY = 65_534
/** Root may read everything. */
const asNobody = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}

function run(...words: readonly string[]): { readonly code: number | null; readonly said: string } {
  const how = { encoding: 'utf8', env: {}, ...asNobody } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...words], how)
  return { code: status, said: stdout + stderr }
}

/** A configuration with files of all kinds, which are the user's own. */
async function bench(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-unreadable-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const { authority, certificate, key } = await makeDevelopmentCertificates(Date.now())
  const files: Record<string, string> = { 'authority.pem': authority }
  for (const name of ['web', 'sip', 'trunk'])
    Object.assign(files, { [`${name}.pem`]: certificate, [`${name}.key`]: key })
  const config = join(folder, 'sotto.yaml')
  files['sotto.yaml'] = `sip:
  listeners: [{ transport: tls, address: 127.0.0.1, port: ${await freePort()}, certificateFile: sip.pem, keyFile: sip.key }]
  tls: { caFile: authority.pem }
http: { port: ${await freePort()}, tls: { certFile: web.pem, keyFile: web.key } }
media: { processes: 1 }
secureInput: { enabled: false }
trunks:
  - name: carrier
    addresses: [192.0.2.10]
    outbound: { uri: 'sip:carrier.example;transport=tls', tls: { certificateFile: trunk.pem, keyFile: trunk.key } }
`
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  if (asNobody.uid !== undefined)
    for (const path of [folder, ...Object.keys(files).map((name) => join(folder, name))])
      chownSync(path, NOBODY, NOBODY)
  return { folder, config }
}

const TOLD: readonly (readonly [file: string, told: RegExp, start?: RegExp])[] = [
  ['web.pem', /: http\.tls\.certFile: This user may not read it\./],
  ['web.key', /: http\.tls\.keyFile: This user may not read it\./, /The certificate of the HTTP interface/],
  ['sip.pem', /: sip: .* cannot be read \(listener-0\)\./],
  ['sip.key', /: sip: .* cannot be read \(listener-0\)\./, /A certificate, key or authority for SIP over TLS/],
  ['authority.pem', /: sip: .* cannot be read \(sip\.tls\)\./],
  ['trunk.key', /: trunks\[0\]\.outbound\.tls: .* cannot be read \(carrier\)\./],
]

t.test('each that may not be read is named by the check, and told by the start', async (t) => {
  const { folder, config } = await bench(t)
  t.match(run('config', 'check', config), { code: 0, said: /good/ })
  for (const [file, told, start] of TOLD) {
    chmodSync(join(folder, file), 0)
    const checked = run('config', 'check', config)
    t.equal(checked.code, 1, file)
    t.match(checked.said, told)
    t.match(checked.said, /\n1 mistake\n$/, checked.said)
    if (start !== undefined) {
      const { code, said } = run('start', '--config', config)
      t.equal(code, 1, file)
      t.match(said, new RegExp(`Sotto cannot start: ${start.source}`))
      t.notMatch(said, 'base.internal')
    }
    chmodSync(join(folder, file), 0o600)
  }
})

t.test('a certificate that is none, or is not of its key, and files that a full disk has left empty', async (t) => {
  const { folder, config } = await bench(t)
  const other = await makeDevelopmentCertificates(Date.now())
  for (const [name, text] of [
    ['web.pem', 'none'],
    ['web.pem', ''],
    ['web.pem', other.certificate],
    ['web.key', ''],
  ] as const) {
    const file = join(folder, name)
    const good = readFileSync(file)
    writeFileSync(file, text)
    t.match(run('config', 'check', config), {
      code: 1,
      said: /: http\.tls: The certificate or its key cannot be used\./,
    })
    if (text !== 'none')
      t.match(run('start', '--config', config), { code: 1, said: /Sotto cannot start: The certificate of the HTTP/ })
    writeFileSync(file, good)
  }
})

t.test('the configuration file itself: no stack, and the exit code that keeps systemd from trying again', async (t) => {
  const { folder, config } = await bench(t)
  chmodSync(config, 0)
  mkdirSync(join(folder, 'folder.yaml'))
  for (const file of [config, join(folder, 'folder.yaml')])
    for (const words of [
      ['config', 'check'],
      ['start', '--config'],
    ])
      t.match(run(...words, file), {
        code: 2,
        said: new RegExp(`^${file}: The configuration file cannot be read\\..*\n$`),
      })
})

t.test('an export to where nothing may be written', async (t) => {
  const { folder, config } = await bench(t)
  const to = join(folder, 'closed')
  mkdirSync(to, { mode: 0 })
  t.match(run('config', 'export', join(to, 'directory.yaml'), '--config', config), {
    code: 1,
    said: /^Nothing can be written there\..*\n$/,
  })
})
