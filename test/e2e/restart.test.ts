/**
 * Everything is killed with calls up, one of them keying, and begins again at once with the same ports and files: it answers, who is still in a call of
 * before is told that there is none, nothing of what was keyed is in any file, and new calls and sessions come about.
 */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import type { Phone } from '../../src/demo/phone.ts'
import { startServerChild } from '../../src/demo/server-child.ts'
import { probe } from '../peers/floods.ts'
import { CANARY, type Sotto, startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

const SECOND = { agent: { user: 'agent-2', password: 'agent-password-2' }, number: '101' }
/** What a server keeps in its folder: its own records, keys and databases. Anything else would be a rest of something. */
const KEPT =
  /^(?:var\/(?:audit|access)\/[^/]+|var\/(?:history|directory|people)\/[^/]+\.sqlite(?:-wal|-shm)?|var\/[\w/.-]+\.(?:key|pem|json|sqlite)(?:-wal|-shm)?|prompts\/.*|(?:sip|authority)\.(?:pem|key)|sotto\.yaml|server\.log)$/
const IN_DIALOG = ['BYE', 'INVITE', 'UPDATE', 'INFO', 'REFER', 'PRACK'] as const

t.test('everything is killed with calls up, and begins again', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
  })
  const first = await talk(t, sotto)
  const second = await talk(t, sotto, SECOND)
  const session = await first.secure()
  await session.asked(0)
  await first.key(CANARY.slice(0, 8))
  await session.event('secure.progress', 10_000, ({ keys }) => keys === 8)
  const { control, media, vault } = sotto.processes()
  for (const pid of [control, ...media, ...vault]) process.kill(pid, 'SIGKILL')
  await sotto.server.exited
  t.strictSame(sotto.searchFiles(), [], 'nothing of the card number is in a file')
  t.strictSame(strangeFiles(sotto), [], 'no file is left half done')

  const startMs = performance.now()
  const again = await startServerChild({
    cli: resolve(import.meta.dirname, '../../src/cli.ts'),
    configFile: join(sotto.folder, 'sotto.yaml'),
    logFile: join(sotto.folder, 'server.log'),
    httpPort: sotto.httpPort,
    token: sotto.server.token,
    onEvent: () => {},
  })
  t.teardown(() => again.stop())
  t.type(await probe('udp', sotto.sipPort), 'number', 'it answers')
  t.type(await probe('tcp', sotto.sipPort), 'number')
  t.comment(`ready after ${((performance.now() - startMs) / 1000).toFixed(1)} s`)
  for (const { caller } of [first, second])
    for (const method of IN_DIALOG)
      t.equal(await askInDialog(method, caller, sotto.sipPort), '481', `${method} in a call of before`)
  await Promise.all([first, second].flatMap(({ caller, agent }) => [caller.close(), agent.close()]))

  const { body } = await again.request('GET', '/api/v1/status')
  t.match(body, { ready: true, calls: 0, audit: true, history: { available: true } })
  t.strictSame(strangeFiles(sotto), [], 'no file is left half done')
  t.strictSame(sotto.searchFiles(), [])
})

/** Names of files that nothing keeps. */
function strangeFiles({ folder }: Sotto): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((name) => !KEPT.test(name))
}

/** Sends a request as the caller's far end would. @returns the status of the answer. */
async function askInDialog(method: string, caller: Phone, sipPort: number): Promise<string> {
  const { callId, localTag, remoteTag } = caller.signalling.dialog()
  const socket = createSocket('udp4')
  socket.bind(0, TRUNK_ADDRESS)
  await once(socket, 'listening')
  try {
    const more = { REFER: 'Refer-To: <sip:101@127.0.0.1>\r\n', PRACK: 'RAck: 1 1 INVITE\r\n' } // biome-ignore format: a table
    const text = `${method} sip:100@127.0.0.1:${sipPort} SIP/2.0\r\nVia: SIP/2.0/UDP ${TRUNK_ADDRESS};branch=z9hG4bK${method}${callId};rport\r\nMax-Forwards: 70\r\nFrom: <sip:caller@${TRUNK_ADDRESS}>;tag=${localTag}\r\nTo: <sip:100@127.0.0.1>;tag=${remoteTag}\r\nCall-ID: ${callId}\r\nCSeq: 77 ${method}\r\nContact: <sip:caller@${TRUNK_ADDRESS}:${socket.address().port}>\r\n${more[method as keyof typeof more] ?? ''}Content-Length: 0\r\n\r\n`
    const answered = new Promise<string>((done) => {
      socket.on('message', (octets) => {
        const status = octets.toString('latin1', 8, 11)
        if (status >= '200') done(status)
      })
    })
    socket.send(text, sipPort, '127.0.0.1')
    return await answered
  } finally {
    socket.close()
  }
}
