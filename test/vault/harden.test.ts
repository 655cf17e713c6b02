import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { vaultFlags } from '../../src/vault/flags.ts'
import { appFolder } from './bench.ts'

async function probe(execArgv: string[], env: NodeJS.ProcessEnv): Promise<{ possible: string[]; protections: object }> {
  const child = fork(fileURLToPath(new URL('./probe.ts', import.meta.url)), [], {
    execArgv,
    env,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  })
  const [told] = (await once(child, 'message')) as [{ possible: string[]; protections: object }]
  if (child.connected) child.kill('SIGKILL')
  return told
}

t.test('a vault can do none of what would let a digit out', async (t) => {
  const major = Number(process.versions.node.split('.')[0])
  const { possible, protections } = await probe(vaultFlags(major, [appFolder]), {})
  t.same(possible, [])
  t.same(protections, {
    permissionModel: true,
    notDumpable: true,
    noCoreFile: true,
    lockedMemory: true,
    noInspector: true,
    emptyEnvironment: true,
    noNewPrivileges: true,
  })
})

t.test('without the flags the same attempts succeed, and the protections say so', async (t) => {
  const { possible, protections } = await probe(['--no-warnings'], { HOME: '/' })
  for (const what of ['write a file', 'read another file', 'start a process', 'make code out of a string']) {
    t.ok(possible.includes(what), what)
  }
  t.match(protections, { permissionModel: false, noInspector: false, emptyEnvironment: false })
})

t.test('each Node gets the flags it knows', async (t) => {
  const at = (major: number) => vaultFlags(major, ['/app', '/prompts'])
  t.ok(at(24).includes('--permission') && !at(24).includes('--allow-net') && !at(24).includes('--allow-ffi'))
  t.ok(at(25).includes('--allow-net') && !at(25).includes('--allow-ffi'))
  t.ok(at(26).includes('--allow-net') && at(26).includes('--allow-ffi'))
  for (const major of [24, 26]) {
    t.ok(at(major).includes('--allow-fs-read=/app') && at(major).includes('--allow-fs-read=/prompts'))
    t.notOk(at(major).some((flag) => /allow-(fs-write|child|worker|wasi|inspector)/.test(flag)))
  }
})
