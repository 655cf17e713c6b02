/**
 * Checks what every regular expression of the program may cost (recheck): one whose time grows faster than its text can be made to take a process
 * for itself, by one message. Those that grow with the square are named here, with what keeps their text short; everything else fails, and so does a
 * run that met no pattern.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { checkSync } from 'recheck'
import ts from 'typescript'

/** File, and the pattern as it stands there, with why its text is short or its writer is trusted. */
const KNOWN: readonly (readonly [file: string, pattern: string, because: string])[] = [
  ['src/add-ins/lookup-url.ts', '/^([a-z]+:\\/\\/[^/?#]*)([^#]*)$/i', 'an address in a manifest of the administrator'],
  ['src/add-ins/lookup-url.ts', '/;.*$/', 'a media type of a service that the administrator named, at most a header'],
  ['src/base/log.ts', '/[/\\\\](src\\/[\\w./-]{1,80}:\\d{1,5}):\\d+\\)?$/', 'a line of a stack of ours'],
  ['src/call/ways.ts', '/^[^<]*<|>.*$/g', 'a Route of the configuration'],
  ['src/cli/cert-fetch.ts', '/\\/.*$/', 'a word of the command line'],
  ['src/cli/flows.ts', '/^["\'{\\s]*id["\']?\\s*:\\s*["\']?([a-z][a-z0-9-]*)/m', 'a flow of the administrator'],
  [
    'src/cli/validation-test.ts',
    '/-----BEGIN CERTIFICATE-----[\\s\\S]+?-----END CERTIFICATE-----/g',
    'a file of the administrator',
  ],
  ['src/control/free-memory.ts', '/^\\d+:(?:\\w+,)*memory(?:,\\w+)*:(\\/.*)$/', 'a file of the kernel'],
  [
    'src/control/sip-trace.ts',
    '/^(?:from|f|to|t)[\\t ]*:[^\\r\\n]*?(?:sips?|tel):([^@;>\\r\\n]*)/gim',
    'a head of 16 kB, while an administrator traces',
  ],
  [
    'src/control/validation-files.ts',
    '/-----BEGIN CERTIFICATE-----[\\s\\S]+?-----END CERTIFICATE-----/g',
    'a file of the administrator',
  ],
  ['src/leak/info-keys.ts', '/^\\s*signal\\s*[=:]\\s*([0-9*#A-D])/im', 'a command of an administrator'],
  ['src/leak/memory-search.ts', '/^([0-9a-f]+)-([0-9a-f]+) (\\S+) \\S+ \\S+ (\\d+) *(.*)$/', 'a line of the kernel'],
  [
    'src/sip/digest-fields.ts',
    '/\\s*([\\w!#$%&\'*+.^`|~-]+)\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s",;]*))\\s*(?:,|$)/y',
    'at most 4096 characters, and from one place on',
  ],
  ['src/sip/hold-forms.ts', '/^[0:]*:[0:]*$/', 'an address in a line of at most 1024 characters'],
  ['src/sip/safe-head.ts', '/(sips?:[^@\\s:;<>"]*):[^@\\s<>"]*@/gi', 'a head of 16 kB, while an administrator traces'],
  ['src/sip/sdes.ts', '/=+$/', 'a key in a line of at most 1024 characters'],
  [
    'src/sip/sip-identity.ts',
    '/(?:[A-Za-z ]+):(?:"(?:[^"\\\\]|\\\\.)*"|[^,"]*)(?=, |$)/g',
    'names of a certificate that a trusted authority has signed',
  ],
  ['src/sip/stun.ts', '/(\\d+)\\.(\\d+)\\.(\\d+)\\.(\\d+)$/', 'an address as the system writes it'],
  [
    'src/sip/via.ts',
    '/^\\s*([^\\s/]+)\\s*\\/\\s*([^\\s/]+)\\s*\\/\\s*([^\\s/;]+)\\s+(\\[[^\\]]*\\]\\s*(?::\\s*\\d+)?|[^\\s;:]+\\s*(?::\\s*\\d+)?)\\s*(?=;|$)/',
    'blanks in a row are one by then',
  ],
  ['src/sip/via.ts', '/\\s*;\\s*received\\s*=\\s*[^;\\s]*/gi', 'blanks in a row are one by then'],
  ['src/sip/ways.ts', '/^[^<]*<|>.*$/g', 'a Route of the configuration'],
]
/** Sets of characters are taken from each other in these, which recheck cannot read. */
const UNREADABLE: readonly string[] = ['/[\\p{Cc}--[\\x80-\\x9f]]/v', '/[\\p{Cc}--[\\x80-\\x9f]]+/gv']
/** The slowest takes some seconds of a processor, of which there may be little. */
const LIMIT_MS = 120_000

export type Pattern = { readonly file: string; readonly line: number; readonly text: string }

/** @returns every literal of a regular expression in a source. */
export function patternsIn(file: string, source: string): readonly Pattern[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest)
  const found: Pattern[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree))
      found.push({ file, line: line + 1, text: node.text })
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

/** @returns what is wrong with a pattern; undefined when its time grows no faster than its text. */
export function costOf({ text }: Pattern): string | undefined {
  if (UNREADABLE.includes(text)) return undefined
  const end = text.lastIndexOf('/')
  const told = checkSync(text.slice(1, end), text.slice(end + 1), { timeout: LIMIT_MS })
  if (told.status === 'safe') return undefined
  return told.status === 'vulnerable' ? told.complexity.summary : `not read (${told.error.kind})`
}

function isKnown({ file, text }: Pattern): boolean {
  return KNOWN.some((row) => row[0] === file && row[1] === text)
}

const say = (line: string) => void process.stdout.write(`${line}\n`)

if (import.meta.main) {
  const root = resolve(import.meta.dirname, '..')
  const patterns = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((path) => patternsIn(relative(root, path), readFileSync(path, 'utf8')))
  const unused = KNOWN.filter(([file, text]) => !patterns.some((each) => each.file === file && each.text === text))
  for (const [file, text] of unused) say(`${file}: ${text} is named in this check and not there any more`)
  let refused = unused.length
  for (const pattern of patterns) {
    if (isKnown(pattern)) continue
    const cost = costOf(pattern)
    if (cost === undefined) continue
    refused++
    say(`${pattern.file}:${pattern.line} ${pattern.text}: ${cost}`)
  }
  say(`${patterns.length} patterns, ${KNOWN.length} known to be slow with long text, ${refused} that are refused`)
  process.exitCode = patterns.length === 0 || refused > 0 ? 1 : 0
}
