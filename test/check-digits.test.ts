// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is planted is source text.
/** Planted misuse of keys: each must fail the build, by the compiler or by the check; what is right must not. */

import { readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { checkDigits, LOOKERS, programOf } from '../scripts/check-digits.ts'

const root = resolve(import.meta.dirname, '..')
const IMPORTS = `import { isKey, type Key, type KeyValue, NO_KEY } from './key.ts'\n`

/** A function each, of a file of the vault that may only pass keys on. */
const MISUSES: Readonly<Record<string, string>> = {
  'a template': 'export const misuse = (key: Key) => `${key}`',
  'a string put together': "export const misuse = (key: Key) => 'key ' + key",
  'a string put together with +=': "export const misuse = (key: Key) => { let text = ''; text += key; return text }",
  'String()': 'export const misuse = (key: Key) => String(key)',
  'Number()': 'export const misuse = (key: Key) => Number(key)',
  'toString()': 'export const misuse = (key: Key) => key.toString()',
  'toFixed() of a value': 'export const misuse = (key: KeyValue) => key.toFixed(0)',
  'JSON of a key': 'export const misuse = (key: Key) => JSON.stringify(key)',
  'JSON of an object with a key': 'export const misuse = (key: Key) => JSON.stringify({ at: 1, key })',
  'JSON of keys': 'export const misuse = (keys: readonly Key[]) => JSON.stringify(keys)',
  'keys joined': "export const misuse = (keys: readonly Key[]) => keys.join('')",
  'keys in a template': 'export const misuse = (keys: readonly Key[]) => `${keys}`',
  'keys turned by String': 'export const misuse = (keys: readonly Key[]) => keys.map(String)',
  'keys turned by Array.from': 'export const misuse = (keys: readonly Key[]) => Array.from(keys, String)',
  'compared with a number': 'export const misuse = (key: Key) => key === 5',
  'compared with a text': "export const misuse = (key: Key) => key == '5'",
  'compared by size': 'export const misuse = (key: Key) => key > 9',
  'a value compared with a number': 'export const misuse = (key: KeyValue) => key === 5',
  'a value calculated with': 'export const misuse = (key: KeyValue) => key * 10',
  'a switch': 'export const misuse = (key: Key) => { switch (key) { case 1: return true; default: return false } }',
  'a switch over a value':
    'export const misuse = (key: KeyValue) => { switch (key) { case 1: return true; default: return false } }',
  'a table': "export const misuse = (key: KeyValue) => '0123456789'[key]",
  'an error': "export const misuse = (key: Key) => new Error('no such key', { cause: key })",
  'an error with its text': 'export const misuse = (key: Key) => new Error(`no such key: ${key}`)',
  'a throw': 'export const misuse = (key: Key) => { throw key }',
  'a log call':
    'export const misuse = (key: Key, log: { debug(event: string, fields: object): void }) => log.debug("keyed", { key })',
  'a console': 'export const misuse = (key: Key) => console.error(key)',
  'a message to control': 'export const misuse = (key: Key) => process.send?.({ type: "keyed", key })',
  'a message of the contract':
    "import type { VaultEvent } from './contract.ts'\nexport const misuse = (key: Key, tell: (event: VaultEvent) => void) => tell({ type: 'progress', sessionId: 's', field: 0, keys: key })",
  'a number': 'export const misuse = (key: Key): number => key',
  'a value as a number': 'export const misuse = (key: KeyValue): number => key',
  'anything at all': 'export const misuse = (key: Key): unknown => key',
  'called something else': 'export const misuse = (key: Key) => key as unknown as number',
  'kept where everybody sees it': 'export const misuse = (key: Key) => Object.assign(globalThis, { kept: key })',
  'kept as anything': 'export const misuse = (key: Key) => { const kept: unknown = key; return kept }',
  'opened where it may not be': "import { openKey } from './key.ts'\nexport const misuse = (key: Key) => openKey(key)",
  'made where it may not be': "import { sealKey } from './key.ts'\nexport const misuse = () => sealKey(5)",
}

/** The same in a file that may look. */
const LOOKER_MISUSES: Readonly<Record<string, string>> = {
  'a template in a file that looks': 'export const misuse = (span: KeySpan) => `${span.keyAt(0)}`',
  'text put together in a file that looks': "export const misuse = (span: KeySpan) => '' + span.keyAt(0)",
  'String() in a file that looks': 'export const misuse = (span: KeySpan) => String(span.keyAt(0))',
  'an error in a file that looks':
    "export const misuse = (span: KeySpan) => new Error('bad', { cause: span.keyAt(0) })",
  'JSON in a file that looks': 'export const misuse = (span: KeySpan) => JSON.stringify({ key: span.keyAt(0) })',
  'toString in a file that looks': 'export const misuse = (span: KeySpan) => span.keyAt(0).toString()',
  'compared with text in a file that looks': "export const misuse = (span: KeySpan) => String(span.keyAt(0)) === '5'",
}

const RIGHT = `
export type Told = { readonly key: Key; readonly atMs: number }
export class Passing {
  #key: Key = NO_KEY
  readonly #onKey: (key: Key) => void
  constructor(onKey: (key: Key) => void) {
    this.#onKey = onKey
  }
  take(key: Key): boolean {
    if (key === NO_KEY || isKey(key, 11)) return false
    this.#key = isKey(key, 10) ? NO_KEY : key
    const told: Told = { key: this.#key, atMs: 1 }
    const keys: Key[] = [told.key]
    keys.push(key)
    for (const each of keys) this.#onKey(each)
    return true
  }
}
`

const looker = resolve(root, 'src/vault/luhn.ts')
const path = (i: number): string => resolve(root, `src/vault/misuse-${i}.ts`)
const names = Object.keys(MISUSES)
const added = new Map(names.map((name, i) => [path(i), `${IMPORTS}${MISUSES[name]}\n`]))
added.set(path(names.length), `${IMPORTS}${RIGHT}`)
const lookerText = readFileSync(looker, 'utf8')
const lookerNames = Object.keys(LOOKER_MISUSES)
const lines = lookerNames.map((name, i) => (LOOKER_MISUSES[name] ?? '').replace('misuse', `misuse${i}`))
added.set(looker, `${lookerText}${lines.join('\n')}\n`)

const program = programOf(root, added)
const { misuses, keys } = checkDigits(program, root, (file) => file.startsWith('src/'))

function refusals(file: string, line?: number): readonly string[] {
  const source = program.getSourceFile(file)
  const told = [...program.getSemanticDiagnostics(source), ...program.getSyntacticDiagnostics(source)].map(
    (diagnostic) => ({
      line: (source?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0) + 1,
      says: `TS${diagnostic.code}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`,
      // An import or a name that is not used is no refusal.
      counts: diagnostic.code !== 6133 && diagnostic.code !== 6192,
    }),
  )
  return [...told.filter(({ counts }) => counts), ...misuses.filter((misuse) => misuse.file === relative(root, file))]
    .filter((refusal) => line === undefined || refusal.line === line)
    .map(({ says }) => says)
}

for (const [i, name] of names.entries()) {
  t.test(`refused: ${name}`, async (t) => {
    const says = refusals(path(i))
    t.ok(says.length > 0, says.join(' | '))
  })
}

for (const [i, name] of lookerNames.entries()) {
  t.test(`refused: ${name}`, async (t) => {
    const says = refusals(looker, lookerText.split('\n').length + i)
    t.ok(says.length > 0, says.join(' | '))
  })
}

t.test('passing keys on is right', async (t) => {
  t.strictSame(refusals(path(names.length)), [])
})

t.test('nothing else in the vault is refused, and the files that may look are there', async (t) => {
  const others = misuses.filter(({ file }) => !file.includes('misuse-') && file !== relative(root, looker))
  t.strictSame(others, [])
  t.ok(keys > names.length)
  for (const file of LOOKERS) t.ok(program.getSourceFile(resolve(root, file)) !== undefined, file)
})
