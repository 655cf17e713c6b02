/**
 * `npm test`: installs what the tests need from Debian, builds the addon if that could not be done before, runs every check and every test, and ends with one line that counts
 * them: `N passed, N failed`. A check (types, lint, rooms, unused code, generated files) counts as one test.
 *
 * The tests are processes, browsers and phones beside each other, on a machine that may be busy with something else. Up to three files that failed are therefore run once more,
 * one after the other with nothing beside them, and that second run counts. Which they were is said above the last line: such a test, or what it tests, has a race to be found.
 */

import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'

type Count = { readonly passed: number; readonly failed: number }
type Job = { readonly name: string; readonly command: readonly [string, ...string[]] }

/** `npm ci` comes before there is a compiler: the addon is built here then. Where it still cannot be, the tests say whether that is right. */
const PREPARATIONS: readonly Job[] = [
  { name: 'debian packages', command: ['bash', 'scripts/install-debian-packages.sh'] },
  { name: 'addon', command: ['node', 'scripts/build-native.mjs'] },
  { name: 'pages', command: ['node', 'scripts/build-pages.mjs', '--required'] },
]
const CHECKS: readonly Job[] = [
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'types of the pages', command: ['tsc', '-p', 'pages/tsconfig.json'] },
  { name: 'format and lint', command: ['biome', 'check', '--error-on-warnings'] },
  { name: 'digits', command: ['node', 'scripts/check-digits.ts'] },
  { name: 'rooms', command: ['node', 'scripts/check-rooms.ts'] },
  { name: 'patterns', command: ['node', 'scripts/check-patterns.ts'] },
  { name: 'unused code', command: ['knip'] },
]
/** Where tap keeps the names of the files that failed, a line each. */
const FAILED_FILES = '.tap/failed-files'
const TESTS: Job = { name: 'tests', command: ['tap', '--reporter=tap', `--save=${FAILED_FILES}`] }
/** More than these are no coincidence. */
const SECOND_RUN_MAX = 3

/** Runs a command with its output passed through. @returns its exit code and what it printed. */
function run(job: Job): Promise<{ readonly code: number; readonly output: string }> {
  process.stdout.write(`\n== ${job.name}\n`)
  return new Promise((resolve) => {
    const [file, ...args] = job.command
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk)
      output += chunk.toString('utf8')
    })
    child.on('error', () => resolve({ code: 127, output }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/** Reads tap's closing comment. A run that counted nothing is one failure: a runner that runs nothing must not pass. */
export function countOf(output: string, code: number): Count {
  const match = [...output.matchAll(/^# \{ total: (\d+), pass: (\d+)(?:, fail: (\d+))?/gm)].at(-1)
  const passed = Number(match?.[2] ?? 0)
  const failed = Number(match?.[3] ?? 0)
  if (passed + failed === 0 || (code !== 0 && failed === 0)) return { passed, failed: failed + 1 }
  return { passed, failed }
}

/** Longest line of a failure, and most lines of its explanation, that are repeated at the end. */
const LINE_MAX = 400
const EXPLAINED_MAX = 20

/** What failed, with tap's explanation: repeated at the end, where nobody has to look for it among thousands of lines. */
export function failuresOf(output: string): readonly string[] {
  const failures: string[] = []
  const lines = output.split('\n')
  for (const [at, line] of lines.entries()) {
    if (!/^ *not ok /.test(line)) continue
    failures.push(line.slice(0, LINE_MAX))
    if (!/^ *---$/.test(lines[at + 1] ?? '')) continue
    const end = lines.findIndex((each, i) => i > at && /^ *\.\.\.$/.test(each))
    failures.push(
      ...lines.slice(at + 1, Math.min(end + 1, at + 1 + EXPLAINED_MAX)).map((each) => each.slice(0, LINE_MAX)),
    )
  }
  return failures
}

/** @returns the files that the last run left failed; none where it did not come so far. */
function failedFiles(): readonly string[] {
  try {
    return readFileSync(FAILED_FILES, 'utf8').split('\n').filter(Boolean)
  } catch {
    return []
  }
}

async function runTests(): Promise<{ readonly count: Count; readonly unsteady: readonly string[] }> {
  rmSync(FAILED_FILES, { force: true })
  const { code, output } = await run(TESTS)
  const first = countOf(output, code)
  if (first.failed === 0) return { count: first, unsteady: [] }
  process.stdout.write(`\n== what failed\n${failuresOf(output).join('\n')}\n`)
  const failed = failedFiles()
  if (failed.length === 0 || failed.length > SECOND_RUN_MAX) return { count: first, unsteady: [] }
  const again = await run({ name: 'once more, alone', command: ['tap', '--reporter=tap', '--jobs=1', ...failed] })
  const second = countOf(again.output, again.code)
  const count = { passed: first.passed, failed: second.failed }
  if (second.failed === 0) return { count, unsteady: failed }
  process.stdout.write(`\n== what failed twice\n${failuresOf(again.output).join('\n')}\n`)
  return { count, unsteady: [] }
}

if (import.meta.main) {
  const only = process.argv.slice(2)
  const counts: Count[] = []
  for (const preparation of PREPARATIONS) {
    const { code } = await run(preparation)
    if (code !== 0) counts.push({ passed: 0, failed: 1 })
  }
  for (const check of only.includes('--tests-only') ? [] : CHECKS) {
    const { code } = await run(check)
    counts.push(code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 })
  }
  if (!only.includes('--checks-only')) {
    const { count, unsteady } = await runTests()
    counts.push(count)
    if (unsteady.length > 0) process.stdout.write(`\nfailed once, and passed alone: ${unsteady.join(', ')}\n`)
  }
  const passed = counts.reduce((sum, count) => sum + count.passed, 0)
  const failed = counts.reduce((sum, count) => sum + count.failed, 0)
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
  if (failed > 0) process.exitCode = 1
}
