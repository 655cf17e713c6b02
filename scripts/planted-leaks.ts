/**
 * Plants leaks, one at a time, in a copy of the tree, and runs the test that has to notice: a leak that nothing notices is a hole in
 * the tests. Prints a line a plant; ends with code 1 when one went unnoticed, or when a test fails without a plant.
 * Usage: node scripts/planted-leaks.ts [part of a plant's name]
 */

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

type Plant = {
  readonly leak: string
  readonly file: string
  /** Text that is there once, and what stands there instead. */
  readonly from: string
  readonly to: string
  /** Tests that have to fail. */
  readonly test: string
}

const PLANTS: readonly Plant[] = [
  {
    leak: 'a vault that can log',
    file: 'src/vault/session.ts',
    from: "import { Announcer } from './announcer.ts'",
    to: "import '../base/log.ts'\nimport { Announcer } from './announcer.ts'",
    test: 'test/vault/closure.test.ts',
  },
  {
    leak: 'a datagram that is not overwritten',
    file: 'src/vault/keypad.ts',
    from: '    received.fill(0)\n',
    to: '',
    test: 'test/vault/keypad.test.ts',
  },
  {
    leak: 'a slot of received datagrams that is not overwritten',
    file: 'src/vault/caller-sockets-addon.ts',
    from: '      packet.fill(0)\n',
    to: '',
    test: 'test/vault/caller-sockets.test.ts',
  },
  {
    leak: 'a piece of a long datagram that stays in a slot',
    file: 'src/vault/caller-sockets-addon.ts',
    from: '    if (counts[TOO_LONG] !== tooLong) block.fill(0)\n',
    to: '',
    test: 'test/vault/caller-sockets.test.ts',
  },
  {
    leak: 'a read back that stays where it was sent from',
    file: 'src/vault/caller-sockets-addon.ts',
    from: '    out.block.fill(0, 0, SLOT_OCTETS * outgoing)\n',
    to: '',
    test: 'test/vault/caller-sockets.test.ts',
  },
  {
    leak: 'an entry that outlives the wipe',
    file: 'src/vault/entry.ts',
    from: '  wipe(): void {\n    this.#masked.wipe()\n    this.#pad.wipe()\n    this.#pad.randomise()\n',
    to: '  wipe(): void {\n',
    test: 'test/vault/keypad.test.ts test/vault/entry.test.ts',
  },
  {
    leak: 'presses that outlive the reset',
    file: 'src/rtp/key-arbiter.ts',
    from: '    this.#codes.clear()\n',
    to: '',
    test: 'test/rtp/key-arbiter-memory.test.ts',
  },
  {
    leak: 'press records on the heap',
    file: 'src/rtp/event-press.ts',
    from: '    get code() {\n      return codes.codeAt(place)\n    },\n    set code(code) {\n      codes.put(place, code)\n    },\n',
    to: '    code: codes.codeAt(place),\n',
    test: 'test/rtp/event-reader-memory.test.ts',
  },
  {
    leak: 'details that repeat the number',
    file: 'src/vault/reply-text.ts',
    from: '  maskEcho(bytes, from, to, keyed.entry, keyed.fields)\n',
    to: '',
    test: 'test/vault/reply.test.ts',
  },
  {
    leak: 'the clear text of a sealed request, kept',
    file: 'src/vault/request-sealed.ts',
    from: '        memory.close()\n',
    to: '',
    test: 'test/vault/with-formats.test.ts',
  },
  {
    leak: 'the content key of a sealed request, kept',
    file: 'src/vault/jwe.ts',
    from: '        contentKey.close()\n',
    to: '',
    test: 'test/vault/with-formats.test.ts',
  },
  {
    leak: 'a caller who is heard while parted',
    file: 'src/call/sound.ts',
    from: '      return [...hears(agent, HOLD_MUSIC), ...hears(caller, SILENCE)]',
    to: '      return [...hears(agent, otherOf(caller, agent)), ...hears(caller, SILENCE)]',
    test: 'test/call/sound.test.ts',
  },
  {
    leak: 'keys of a caller whose vault died',
    file: 'src/call/leg-media.ts',
    from: '    this.#keysMuted = true\n',
    to: '',
    test: 'test/call/secure-session.test.ts',
  },
  {
    leak: 'digits in SIP INFO that reach the parser',
    file: 'src/sip/info-cut.ts',
    from: '  octets.fill(0, from)\n',
    to: '',
    test: 'test/sip/info-cut.test.ts',
  },
  {
    leak: 'a key in an event to control',
    file: 'src/vault/session.ts',
    from: '        tell({ ...effect.what, sessionId })\n',
    to: "        if (effect.what.type === 'progress') tell({ ...effect.what, keys: Number(this.#key) + 100, sessionId })\n        else tell({ ...effect.what, sessionId })\n",
    test: 'test/vault/with-process.test.ts',
  },
  {
    leak: 'a string of what was keyed, kept in the vault',
    file: 'src/vault/session.ts',
    from: "    this.#key = NO_KEY\n    this.#raise({ type: 'kept'",
    to: "    Object.assign(globalThis, { kept: ((globalThis as { kept?: string }).kept ?? '') + String(this.#key) })\n    this.#key = NO_KEY\n    this.#raise({ type: 'kept'",
    test: 'test/vault/with-process.test.ts',
  },
]

const ROOT = resolve(import.meta.dirname, '..')
/** A vault may read its own folder only: what it loads is copied, the rest is linked. */
const VAULT_PACKAGES = /^(?:sodium-native|require-addon|which-runtime|bare-.*)$/

const folder = mkdtempSync(join(tmpdir(), 'sotto-planted-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const name of ['src', 'native', 'test', 'prompts', 'flows', 'media', 'package.json', 'tsconfig.json']) {
  cpSync(join(ROOT, name), join(folder, name), { recursive: true })
}
mkdirSync(join(folder, 'node_modules'))
for (const name of readdirSync(join(ROOT, 'node_modules'))) {
  const [from, to] = [join(ROOT, 'node_modules', name), join(folder, 'node_modules', name)]
  if (VAULT_PACKAGES.test(name)) cpSync(from, to, { recursive: true })
  else symlinkSync(from, to)
}

/** @returns whether all of the tests pass in the copy. A failed `before` shows in the output alone: the exit code is 0. */
function passes(tests: string): boolean {
  return tests.split(' ').every((test) => {
    const { status, stdout } = spawnSync(process.execPath, [test], { cwd: folder, encoding: 'utf8', timeout: 180_000 })
    return status === 0 && !/^not ok/m.test(stdout)
  })
}

const sound = new Map<string, boolean>()
let missed = 0
for (const { leak, file, from, to, test } of PLANTS.filter((plant) => plant.leak.includes(process.argv[2] ?? ''))) {
  if (!sound.has(test)) sound.set(test, passes(test))
  const path = join(folder, file)
  const text = readFileSync(path, 'utf8')
  const places = text.split(from).length - 1
  if (places === 1)
    writeFileSync(
      path,
      text.replace(from, () => to),
    )
  const noticed = places === 1 && sound.get(test) === true && !passes(test)
  writeFileSync(path, text)
  if (!noticed) missed++
  const why =
    places === 1 ? (sound.get(test) === true ? 'UNNOTICED' : 'the test fails without it') : 'the place is gone'
  process.stdout.write(`${noticed ? 'noticed' : why}: ${leak} (${test})\n`)
}
process.exit(missed === 0 ? 0 : 1)
