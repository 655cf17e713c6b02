/**
 * Checks who imports whom against the room table of docs/ARCHITECTURE.md. The rules are made from the table, so that the
 * document cannot say something else than what holds; a run that checked no module or found no table fails.
 */

import { readFileSync } from 'node:fs'
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser'

const ENTRY_FILES = ['src/control.ts', 'src/media.ts', 'src/vault.ts', 'src/cli.ts']

type Room = { readonly name: string; readonly mayImport: readonly string[] }

/** @returns the rows of the room table: name in the first column, imports in the last. */
export function readRooms(markdown: string): readonly Room[] {
  return markdown
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells.length === 6 && /^`[a-z-]+`$/.test(cells[1] ?? ''))
    .map((cells) => ({
      name: unquote(cells[1] ?? ''),
      mayImport: [...(cells[4] ?? '').matchAll(/`([a-z/-]+)`/g)].map((match) => match[1] ?? ''),
    }))
}

/** One rule a room: nothing under `src/` but itself and what its row names. */
export function rulesFor(rooms: readonly Room[]): IForbiddenRuleType[] {
  const rules: IForbiddenRuleType[] = rooms.map((room) => ({
    name: `${room.name} imports only what its row allows`,
    severity: 'error',
    from: { path: `^src/${room.name}/` },
    to: {
      path: '^src/',
      pathNot: [room.name, ...room.mayImport].map((allowed) =>
        allowed.includes('/') ? `^src/${allowed}\\.ts$` : `^src/${allowed}/`,
      ),
    },
  }))
  return [
    ...rules,
    {
      name: 'pages know the server by its types alone, and the guard against card numbers',
      severity: 'error',
      from: { path: '^pages/' },
      to: { path: '^src/', pathNot: '^src/base/card-text\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'the server knows no page',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^pages/' },
    },
    {
      name: 'a page imports itself and what all share',
      severity: 'error',
      from: { path: '^pages/([a-z-]+)/' },
      to: { path: '^pages/', pathNot: ['^pages/$1/', '^pages/shared/'] },
    },
    only('sip and demo', 'sip.js', ['^src/sip/', '^src/demo/']),
    only('base/log', 'pino', ['^src/base/log\\.ts$']),
    only('web', 'fastify', ['^src/web/']),
    only('vault and people', 'sodium-native', ['^src/vault/', '^src/people/password\\.ts$']),
    only('validation and logout tokens', 'jose', ['^src/validation/', '^src/people/provider-logout[.]ts$']),
    only('people', 'openid-client', ['^src/people/']),
    only('directory', 'kysely', ['^src/directory/']),
    only('directory', 'pg', ['^src/directory/']),
    {
      name: 'no circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'entry files are not imported',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli\\.ts$' },
      to: { path: ENTRY_FILES.map((file) => `^${file.replace('.', '\\.')}$`) },
    },
  ]
}

function only(room: string, name: string, from: readonly string[]): IForbiddenRuleType {
  return {
    name: `only ${room} imports ${name}`,
    severity: 'error',
    from: { path: '^src/', pathNot: [...from] },
    to: { path: `node_modules/${name.replace('.', '\\.')}/` },
  }
}

function unquote(cell: string): string {
  return cell.replaceAll('`', '')
}

if (import.meta.main) {
  const rooms = readRooms(readFileSync('docs/ARCHITECTURE.md', 'utf8'))
  const result = await cruise(['src', 'pages'], {
    ruleSet: { forbidden: rulesFor(rooms) },
    validate: true,
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^pages/built/' },
  })
  const { summary } = result.output as ICruiseResult
  for (const violation of summary.violations) {
    process.stdout.write(`${violation.rule.name}: ${violation.from} -> ${violation.to}\n`)
  }
  process.stdout.write(
    `${rooms.length} rooms, ${summary.totalCruised} modules, ${summary.violations.length} violations\n`,
  )
  if (rooms.length === 0 || summary.totalCruised === 0 || summary.violations.length > 0) process.exitCode = 1
}
