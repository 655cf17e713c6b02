/**
 * Everything that runs in a vault process, by name. A new line in this list is a new thing near card numbers: whoever adds one says
 * why in review.
 */

import { readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** All that a file imports when it runs; `import type` is gone by then. */
function importsOf(source: string): string[] {
  const found: string[] = []
  for (const [statement, , from] of source.matchAll(
    /^(?:import|export)\b([^'"]*?)from '([^']+)'|^import '([^']+)'/gms,
  )) {
    if (/^(?:import|export) type\b/.test(statement)) continue
    if (from !== undefined) found.push(from)
  }
  for (const [, bare] of source.matchAll(/^import '([^']+)'/gm)) if (bare !== undefined) found.push(bare)
  return found
}

function closureOf(entry: string): { files: string[]; modules: string[] } {
  const files = new Set<string>()
  const modules = new Set<string>()
  const visit = (file: string) => {
    if (files.has(file)) return
    files.add(file)
    for (const from of importsOf(readFileSync(file, 'utf8'))) {
      if (from.startsWith('.')) visit(resolve(dirname(file), from))
      else modules.add(from)
    }
  }
  visit(resolve(root, entry))
  return { files: [...files].map((file) => relative(root, file)).sort(), modules: [...modules].sort() }
}

// node:fs is there for libopus, which is WebAssembly and cannot be imported: one file reads it, as an import would, and nothing else.
// node:crypto is there for sealed requests, in one file: encryption to the back end's public key; and for SRTP, in two: AES on the caller's own
// packets, so that the keys of a call need not be opened by anybody else. It signs nothing and makes no key.
const MODULES = [
  'node:crypto',
  'node:dgram',
  'node:fs',
  'node:fs/promises',
  'node:net',
  'node:path',
  'node:timers/promises',
  'node:tls',
  'sodium-native',
]

const FILES = [
  'src/base/channel.ts',
  'src/base/clock.ts',
  'src/base/digit-pattern.ts',
  'src/base/freed-memory.ts',
  'src/base/info-key.ts',
  'src/base/leftovers.ts',
  'src/base/networks.ts',
  'src/base/prompts.ts',
  'src/base/received-flush.ts',
  'src/base/shape.ts',
  'src/base/srtp-suites.ts',
  'src/base/step.ts',
  'src/base/udp-addon.ts',
  'src/base/udp-handle.ts',
  'src/base/units.ts',
  'src/media/contract-process.ts',
  'src/media/contract-recording.ts',
  'src/media/contract.ts',
  'src/rtp/aes-counter.ts',
  'src/rtp/code-store.ts',
  'src/rtp/codec.ts',
  'src/rtp/comfort-noise.ts',
  'src/rtp/decimate.ts',
  'src/rtp/dtmf-press.ts',
  'src/rtp/dtmf-receiver.ts',
  'src/rtp/dtmf-score.ts',
  'src/rtp/dtmf-window.ts',
  'src/rtp/event-payload.ts',
  'src/rtp/event-press.ts',
  'src/rtp/event-reader.ts',
  'src/rtp/event-sender.ts',
  'src/rtp/g711.ts',
  'src/rtp/g722-band.ts',
  'src/rtp/g722.ts',
  'src/rtp/goertzel.ts',
  'src/rtp/high-pass.ts',
  'src/rtp/hmac-sha1.ts',
  'src/rtp/key-arbiter.ts',
  'src/rtp/octets.ts',
  'src/rtp/opus-engine.ts',
  'src/rtp/opus-packet.ts',
  'src/rtp/opus.ts',
  'src/rtp/packet.ts',
  'src/rtp/probation.ts',
  'src/rtp/redundancy.ts',
  'src/rtp/resample.ts',
  'src/rtp/sample.ts',
  'src/rtp/sequence.ts',
  'src/rtp/srtp-keys.ts',
  'src/rtp/srtp-source.ts',
  'src/rtp/srtp-transform.ts',
  'src/rtp/srtp.ts',
  'src/rtp/telephone-event.ts',
  'src/rtp/tone.ts',
  'src/rtp/unagreed-events.ts',
  'src/rtp/wav.ts',
  'src/vault.ts',
  'src/vault/amount.ts',
  'src/vault/announcer.ts',
  'src/vault/attempt.ts',
  'src/vault/bank.ts',
  'src/vault/beat.ts',
  'src/vault/birth-date.ts',
  'src/vault/brand.ts',
  'src/vault/calendar.ts',
  'src/vault/caller-sockets-addon.ts',
  'src/vault/caller-sockets.ts',
  'src/vault/capture-ends.ts',
  'src/vault/capture-entry.ts',
  'src/vault/capture-orders.ts',
  'src/vault/capture-terms.ts',
  'src/vault/capture.ts',
  'src/vault/chamber.ts',
  'src/vault/checks.ts',
  'src/vault/clips.ts',
  'src/vault/collector.ts',
  'src/vault/contract.ts',
  'src/vault/echo.ts',
  'src/vault/entry.ts',
  'src/vault/expiry.ts',
  'src/vault/field.ts',
  'src/vault/harden.ts',
  'src/vault/http-reply.ts',
  'src/vault/jwe.ts',
  'src/vault/key-box.ts',
  'src/vault/key-meaning.ts',
  'src/vault/key.ts',
  'src/vault/keypad.ts',
  'src/vault/leftovers.ts',
  'src/vault/line-protection.ts',
  'src/vault/line.ts',
  'src/vault/locked-memory.ts',
  'src/vault/luhn.ts',
  'src/vault/masked-codes.ts',
  'src/vault/national-id.ts',
  'src/vault/plan-flaw.ts',
  'src/vault/program-flaw.ts',
  'src/vault/program.ts',
  'src/vault/prompts.ts',
  'src/vault/reply-json.ts',
  'src/vault/reply-text.ts',
  'src/vault/reply-xml.ts',
  'src/vault/reply.ts',
  'src/vault/request-document.ts',
  'src/vault/request-json.ts',
  'src/vault/request-parts.ts',
  'src/vault/request-sealed.ts',
  'src/vault/request-template.ts',
  'src/vault/request-xml.ts',
  'src/vault/request.ts',
  'src/vault/scan.ts',
  'src/vault/session.ts',
  'src/vault/submit.ts',
  'src/vault/told-counts.ts',
  'src/vault/trust.ts',
  'src/vault/udp-addon.ts',
  'src/vault/voice.ts',
]

t.test('the vault runs these files and no others', async (t) => {
  t.same(closureOf('src/vault.ts').files, FILES)
})

t.test('the vault uses these modules and no others', async (t) => {
  t.same(closureOf('src/vault.ts').modules, MODULES)
})

t.test('cryptography is in the file that seals and in those of SRTP, and nowhere else', async (t) => {
  const users = FILES.filter((file) => importsOf(readFileSync(resolve(root, file), 'utf8')).includes('node:crypto'))
  t.same(users, ['src/rtp/aes-counter.ts', 'src/rtp/srtp-transform.ts', 'src/vault/jwe.ts'])
})

t.test('the library that decodes is read by one file, out of its package, and gets no rights', async (t) => {
  const usersOf = (pattern: RegExp) => FILES.filter((file) => pattern.test(readFileSync(resolve(root, file), 'utf8')))
  t.same(usersOf(/\bWebAssembly\b|'node:fs'/), ['src/rtp/opus-engine.ts'])
  t.same(usersOf(/import\.meta/), ['src/base/udp-addon.ts', 'src/rtp/opus-engine.ts'], 'and the addon by another')
  const source = readFileSync(resolve(root, 'src/rtp/opus-engine.ts'), 'utf8')
  t.same(source.match(/readFileSync\(.*\)/g), ['readFileSync(new URL(import.meta.resolve(file)))'])
  t.notMatch(source, /node:wasi|fd_read|random/)
})

t.test('no file of the vault writes, logs, starts a process or reads the environment', async (t) => {
  const forbidden =
    /\bconsole\.|process\.(?:stdout|stderr|env|argv)|writeFile|appendFile|createWriteStream|child_process|worker_threads|node:inspector|JSON\.stringify/
  for (const file of FILES.filter((name) => name.startsWith('src/vault'))) {
    t.notMatch(readFileSync(resolve(root, file), 'utf8'), forbidden, file)
  }
})

t.test('nothing is imported later but the system calls, by the file that hardens', async (t) => {
  for (const file of FILES) {
    const later = /\bimport\(|\brequire\(|getBuiltinModule/.test(readFileSync(resolve(root, file), 'utf8'))
    t.equal(later, file === 'src/vault/harden.ts', file)
  }
})

t.test(
  'native code is loaded by the file that hardens and the one for the UDP addon, beside the memory of sodium-native',
  async (t) => {
    const filesWith = (pattern: RegExp) =>
      FILES.filter((file) => pattern.test(readFileSync(resolve(root, file), 'utf8')))
    t.same(filesWith(/dlopen|createRequire/), ['src/vault/harden.ts', 'src/vault/udp-addon.ts'])
    t.same(filesWith(/\.node\b/), ['src/base/udp-addon.ts'], 'and none but the one addon is named')
  },
)

t.test('the walk itself sees imports of every form', async (t) => {
  t.same(
    importsOf(
      `import a from 'one'\nimport { b,\n  type C } from './two.ts'\nexport { d } from './three.ts'\nimport 'four'\nimport type { E } from './five.ts'\n`,
    ).sort(),
    ['./three.ts', './two.ts', 'four', 'one'],
  )
})
