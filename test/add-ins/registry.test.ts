import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createRegistry } from '../../src/add-ins/registry.ts'
import { addInSettings, putAddIn, SCRIPT } from './add-in-folders.ts'

function bench(t: Test) {
  const outer = t.testdir({ root: {}, secrets: { 'key.js': 'a key', 'add-in.json': '{}' } })
  const root = join(outer, 'root')
  const lines: [string, object | undefined][] = []
  let folder: string | undefined = root
  const write = (event: string, fields?: object) => void lines.push([event, fields])
  const registry = createRegistry({
    settings: () => addInSettings(folder),
    wallMs: () => 1_800_000_000_000,
    log: { info: write, warn: write },
  })
  return {
    ...{ outer, root, lines, registry },
    setFolder: (to: string | undefined) => {
      folder = to
    },
    problems: (name: string) => registry.list().find((each) => each.name === name)?.problems ?? [],
  }
}

t.test('what is right is loaded, with its files', async (t) => {
  const { root, registry, lines } = bench(t)
  putAddIn(root)
  writeFileSync(join(root, 'order-lookup/README.md'), 'for people')
  await registry.load()
  t.match(registry.list(), [{ name: 'order-lookup', state: 'loaded', problems: [], loadedAtMs: 1_800_000_000_000 }])
  const { files } = registry.find('order-lookup') ?? { files: new Map() }
  t.strictSame([...files.keys()].toSorted(), ['order-lookup.css', 'order-lookup.js'], 'neither manifest nor README')
  t.equal(files.get('order-lookup.js')?.content.toString(), SCRIPT)
  t.match(lines, [['control.add-in-loaded', { addIn: 'order-lookup', version: '1.0.0' }]])
  t.equal(registry.takesComponent('order-lookup'), true)
  t.equal(registry.takesComponent('other-lookup'), false)
})

t.test('a broken one leaves the others and its own earlier version alone', async (t) => {
  const { root, registry, problems, lines } = bench(t)
  putAddIn(root)
  putAddIn(root, { name: 'other-lookup' }, 'other-lookup')
  await registry.load()
  putAddIn(root, { version: '2.0.0', script: 'gone.js' })
  putAddIn(root, { name: 'other-lookup', version: '1.1.0' }, 'other-lookup')
  await registry.load()
  t.match(registry.list(), [
    { name: 'order-lookup', state: 'refused', addIn: { manifest: { version: '1.0.0' } } },
    { name: 'other-lookup', state: 'loaded', addIn: { manifest: { version: '1.1.0' } } },
  ])
  t.match(problems('order-lookup'), [{ file: 'add-in.json', place: 'script', says: /no such file/ }])
  t.match(lines.findLast(([event]) => event === 'control.add-in-refused')?.[1], { addIn: 'order-lookup' })
  t.equal(registry.whyMissing('order-lookup'), undefined, 'its earlier version goes on')
  writeFileSync(join(root, 'order-lookup/gone.js'), SCRIPT)
  await registry.load()
  t.match(registry.find('order-lookup')?.manifest.version, '2.0.0')
})

t.test('one that goes is unloaded; a folder that cannot be looked at takes nothing away', async (t) => {
  const { outer, root, registry, setFolder, lines } = bench(t)
  putAddIn(root)
  await registry.load()
  setFolder(join(outer, 'nothing'))
  await registry.load()
  t.ok(registry.find('order-lookup'), 'it stays')
  t.equal(lines.at(-1)?.[0], 'control.add-ins-not-readable')
  setFolder(root)
  rmSync(join(root, 'order-lookup'), { recursive: true })
  await registry.load()
  t.equal(registry.find('order-lookup'), undefined)
  t.match(registry.whyMissing('order-lookup'), /No add-in/)
  putAddIn(root)
  setFolder(undefined)
  await registry.load()
  t.strictSame(registry.list(), [])
  t.match(registry.whyMissing('order-lookup'), /http\.addInsFolder/)
  t.equal(registry.takesComponent('anything-else'), true, 'without a folder nobody says what components there are')
})

t.test('nothing is read through links that lead out, out of pipes, or without end', async (t) => {
  const { outer, root, registry, problems } = bench(t)
  const lead = (name: string, target: string, file: string) => {
    const path = putAddIn(root, { name }, name)
    rmSync(join(path, file))
    symlinkSync(target, join(path, file))
  }
  lead('a-script', join(outer, 'secrets/key.js'), 'order-lookup.js')
  lead('b-manifest', join(outer, 'secrets/add-in.json'), 'add-in.json')
  lead('c-image', '/etc/passwd', 'order-lookup.css')
  putAddIn(root, { name: 'd-folder' }, 'd-real')
  symlinkSync(join(outer, 'secrets'), join(root, 'd-folder'))
  const other = putAddIn(root, { name: 'e-sibling' }, 'e-sibling')
  rmSync(join(other, 'order-lookup.js'))
  symlinkSync('../d-real/order-lookup.js', join(other, 'order-lookup.js'))
  const pipe = putAddIn(root, { name: 'f-pipe' }, 'f-pipe')
  execFileSync('mkfifo', [join(pipe, 'x.png')])
  const large = putAddIn(root, { name: 'g-large' }, 'g-large')
  writeFileSync(join(large, 'x.png'), Buffer.alloc(1_048_577))
  const many = putAddIn(root, { name: 'h-many' }, 'h-many')
  for (let at = 0; at < 70; at++) writeFileSync(join(many, `x${at}.png`), 'x')
  symlinkSync(root, join(root, 'i-circle'))
  await registry.load()
  const states = registry.list().map(({ name, state }) => [name, state])
  t.ok(states.length >= 9 && states.every(([, state]) => state === 'refused'), JSON.stringify(states))
  t.match(problems('a-script'), [{ file: 'order-lookup.js', says: /leads out/ }])
  t.match(problems('b-manifest'), [{ file: 'add-in.json', says: /leads out/ }])
  t.match(problems('d-folder'), [{ file: '', says: /leads out/ }])
  t.match(problems('e-sibling'), [{ file: 'order-lookup.js', says: /leads out/ }])
  t.match(problems('f-pipe'), [{ file: 'x.png', says: /no file/ }])
  t.match(problems('g-large'), [{ file: 'x.png', says: /too large/ }])
  t.match(problems('h-many'), [{ file: '', says: /too many/ }])
})

t.test('a manifest that is nested without end refuses its add-in alone', async (t) => {
  const { root, registry } = bench(t)
  putAddIn(root)
  const path = putAddIn(root, { name: 'deep-lookup' }, 'deep-lookup')
  for (const text of ['['.repeat(30_000) + ']'.repeat(30_000), `${'{"lookups":'.repeat(5000)}1${'}'.repeat(5000)}`]) {
    writeFileSync(join(path, 'add-in.json'), text)
    await registry.load()
    t.match(registry.list(), [
      { name: 'deep-lookup', state: 'refused' },
      { name: 'order-lookup', state: 'loaded' },
    ])
  }
})

t.test('links within the folder count, as those of mounted volumes', async (t) => {
  const { root, registry } = bench(t)
  const path = putAddIn(root)
  rmSync(join(path, 'order-lookup.js'))
  mkdirSync(join(path, '..2026'))
  writeFileSync(join(path, '..2026/order-lookup.js'), SCRIPT)
  symlinkSync('..2026', join(path, '..data'))
  symlinkSync('..data/order-lookup.js', join(path, 'order-lookup.js'))
  await registry.load()
  t.match(registry.list(), [{ state: 'loaded' }])
})
