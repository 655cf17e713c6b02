/**
 * Everything is killed with calls up, one of them keying, and begins again at once with the same ports and files: it answers, who is still in a call of
 * before is told that there is none, nothing of what was keyed is in any file, and new calls and sessions come about.
 */

import t from 'tap'
import { probe } from '../peers/floods.ts'
import { askInDialog, IN_DIALOG } from '../peers/in-dialog.ts'
import { strangeFiles } from '../peers/kept-files.ts'
import { CANARY, startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { checkClean, hearEachOther, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

const SECOND = { agent: { user: 'agent-2', password: 'agent-password-2' }, number: '101' }

t.test('everything is killed with calls up, and begins again', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const terms = { validationUrl: `https://127.0.0.1:${validation.port}/`, caText: validation.authority }
  const sotto = await startSotto(t, terms)
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

  const again = await startSotto(t, { ...terms, folder: sotto.folder, ports: sotto })
  t.type(await probe('udp', again.sipPort), 'number', 'it answers')
  t.type(await probe('tcp', again.sipPort), 'number')
  t.comment(`ready after ${((performance.now() - again.server.begunMs) / 1000).toFixed(1)} s`)
  for (const { caller, agent } of [first, second])
    for (const method of IN_DIALOG) {
      t.equal(await askInDialog(method, caller, TRUNK_ADDRESS, again.sipPort), '481', `${method} in a call of before`)
      t.equal(await askInDialog(method, agent, '127.0.0.1', again.sipPort), '481', `${method} of its agent`)
    }
  await Promise.all([first, second].flatMap(({ caller, agent }) => [caller.close(), agent.close()]))

  const { body } = await again.server.request('GET', '/api/v1/status')
  t.match(body, { ready: true, calls: 0, audit: true, history: { available: true } })
  const next = await talk(t, again)
  const paid = await next.secure()
  await paid.enter(CANARY)
  t.match((await paid.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
  await hearEachOther(t, next)
  await checkClean(t, again)
  t.strictSame(strangeFiles(again), [], 'no file is left half done')
})
