/** What is emptied before a demo or a leak test, and what never is. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { outputFolder } from '../../src/demo/output-folder.ts'

const CLI = resolve(import.meta.dirname, '../../src/cli.ts')

for (const command of [['demo'], ['demo', '--desk'], ['leak-test']]) {
  t.test(`${command.join(' ')}: a folder with files of others is left as it is`, async (t) => {
    const folder = t.testdir({ 'thesis.txt': 'all of it', src: { 'index.ts': '' } })
    const { status, stdout } = spawnSync(process.execPath, [CLI, ...command, '-o', folder], { encoding: 'utf8' })
    t.equal(status, 2)
    t.match(stdout, /holds files that this command has not made.*name a folder that is empty/)
    t.equal(readFileSync(join(folder, 'thesis.txt'), 'utf8'), 'all of it')
    t.strictSame(readdirSync(folder).sort(), ['src', 'thesis.txt'])
  })
}

t.test('a folder that is new, empty, or was made by this is taken, and is empty again', async (t) => {
  const top = t.testdir({ empty: {} })
  const lines: string[] = []
  const take = (folder: string) => outputFolder(folder, (line) => lines.push(line))
  for (const name of ['new/one', 'empty']) {
    const folder = join(top, name)
    t.equal(take(folder), folder)
    mkdirSync(join(folder, 'server'))
    writeFileSync(join(folder, 'server/log'), '')
    t.equal(take(folder), folder)
    t.notOk(existsSync(join(folder, 'server')))
  }
  t.strictSame(lines, [])
})

t.test('a file in the place of the folder is left, too', async (t) => {
  const file = join(t.testdir({ 'call.pcap': 'recorded' }), 'call.pcap')
  const lines: string[] = []
  t.equal(
    outputFolder(file, (line) => lines.push(line)),
    undefined,
  )
  t.match(lines, [/call\.pcap: Nothing can be written there/])
  t.equal(readFileSync(file, 'utf8'), 'recorded')
})
