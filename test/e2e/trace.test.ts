/** SIP traces of the real server with phones: a ladder and a capture that Wireshark reads, no body and no secret in either, and no secure session. */

import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { until } from '../../src/demo/waiting.ts'
import { type Sotto, startSotto } from '../peers/sotto.ts'
import { talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

const CLI = resolve(import.meta.dirname, '../../src/cli.ts')

type Running = { said(): string; readonly ended: Promise<number>; stop(): void }

/** `sotto trace` beside the server, once it listens. */
async function trace(t: Test, sotto: Sotto, ...options: readonly string[]): Promise<Running> {
  const config = join(sotto.folder, 'sotto.yaml')
  const child = spawn(process.execPath, [CLI, 'trace', '--config', config, '--headers', ...options])
  let said = ''
  child.stdout.on('data', (chunk) => (said += chunk))
  child.stderr.on('data', (chunk) => (said += chunk))
  // Once all that it said was read as well.
  const ended = new Promise<number>((done) => child.once('close', (code) => done(code ?? -1)))
  t.teardown(() => child.kill('SIGKILL'))
  await until(() => said !== '', 'the trace has begun, or was refused', 60_000)
  return { said: () => said, ended, stop: () => void child.kill('SIGINT') }
}

/** Fields of every SIP message in a capture, as tshark reads them. */
function readByTshark(file: string, ports: readonly number[], ...fields: readonly string[]): readonly string[] {
  const decode = ports.flatMap((port) => ['-d', `udp.port==${port},sip`])
  const args = ['-r', file, ...decode, '-Y', 'sip', '-T', 'fields', ...fields.flatMap((field) => ['-e', field])]
  return execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .trim()
    .split('\n')
}

t.test('what phones say is drawn and captured, until a secure session begins', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
  })
  const pcap = join(sotto.folder, 'all.pcap')
  const all = await trace(t, sotto, '--all', '--pcap', pcap)
  const talking = await talk(t, sotto)
  await until(() => /\|- ACK \(/.test(all.said()) && all.said().includes('INVITE agent'), 'both legs are drawn', 20_000)

  const one = await trace(t, sotto, '--call', talking.callId)
  const session = await talking.secure()
  t.equal(await one.ended, 0)
  t.match(one.said(), /A secure session begins in this call/)
  const refused = await trace(t, sotto, '--call', talking.callId)
  t.equal(await refused.ended, 1)
  t.match(refused.said(), /is in a secure session, and is not traced/)
  await session.asked(0)
  await talking.caller.signalling.hangUp()
  await talking.over()
  await until(
    () => all.said().includes(`${talking.callId}: left out`),
    'the call is left out of what is traced of all',
    20_000,
  )
  all.stop()
  t.equal(await all.ended, 0)

  t.match(all.said(), /Authorization: \[hidden\]/)
  t.notMatch(all.said(), /nonce=|response=|m=audio|a=rtpmap/)
  t.notMatch(all.said(), /- BYE \(/, 'nor how the call in the session ended')
  const octets = readFileSync(pcap).toString('latin1')
  t.notMatch(octets, /nonce=|response=|m=audio|a=rtpmap/)
  const messages = readByTshark(pcap, [sotto.sipPort], 'ip.src', 'sip.Method', 'sip.Status-Code', 'sip.CSeq.method')
  for (const wanted of [
    '127.0.0.2\tINVITE\t\tINVITE',
    '127.0.0.1\tINVITE\t\tINVITE',
    '127.0.0.1\t\t200\tINVITE',
    '127.0.0.2\tACK\t\tACK',
  ])
    t.ok(messages.includes(wanted), `tshark sees ${wanted.replaceAll('\t', ' ')}`)
  t.equal(messages.length, all.said().match(/^\d\d:\d\d:\d\d\.\d{3} /gm)?.length, 'as many as were drawn')
})
