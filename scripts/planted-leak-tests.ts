/**
 * Plants leaks one at a time in a copy of the tree and sees that `sotto leak-test` finds each in its sink, from the outside; and that it finds nothing
 * in the copy without one. For when the search is changed: takes about a minute a plant. `scripts/planted-leaks.ts` does the same for unit tests.
 *
 *   node scripts/planted-leak-tests.ts [part of a plant's name] [1/3: the first of three parts, to run several at once]
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shortPrompts } from '../test/peers/short-prompts.ts'
import { PLANTED_FILES, PLANTS, type Plant } from './leak-plants.ts'
import { copyTree, type PlantedTree } from './planted-tree.ts'

const LIMIT_MS = 280_000

type Sink = {
  readonly sink: string
  readonly finds: readonly { form: string; where: string }[]
  readonly unsearched: string
}

/** Runs the leak test in a copy. @returns its exit code and what it says of each sink. */
function runIn(tree: PlantedTree): {
  readonly code: number | null
  readonly sinks: readonly Sink[]
  readonly output: string
} {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-leaks-'))
  const args = [join(tree.folder, 'src/cli.ts'), 'leak-test', '--json', '-o', join(folder, 'out')]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: LIMIT_MS,
    cwd: folder,
  })
  rmSync(folder, { recursive: true, force: true })
  for (const file of PLANTED_FILES) rmSync(file, { force: true })
  const output = `${stdout}${stderr}`
  try {
    return { code: status, sinks: JSON.parse(stdout).sinks, output }
  } catch {
    return { code: status, sinks: [], output }
  }
}

/** A copy whose prompts are short: nobody listens to them. */
export function quickTree(): PlantedTree {
  const tree = copyTree()
  rmSync(join(tree.folder, 'prompts/en'), { recursive: true })
  shortPrompts(join(tree.folder, 'prompts'))
  return tree
}

function isSound({ finds, unsearched }: Sink): boolean {
  return finds.length === 0 && unsearched === ''
}

/** One in a hundred sound rows looks like a leak by chance, and a busy machine loses packets to a capture: neither comes twice. */
function isSoundOrChance(each: Sink): boolean {
  const isByChance = /cadence|tones below/.test(each.sink) && each.unsearched === ''
  return isSound(each) || isByChance || (each.finds.length === 0 && /lost to the capture/.test(each.unsearched))
}

/** @returns why the leak test does not do what it must; undefined when it finds nothing in the sound tree. */
export function soundFlaw(tree: PlantedTree): string | undefined {
  const first = runIn(tree)
  if (first.code === 0) return undefined
  const { code, sinks, output } = first.sinks.some(isSound) && first.sinks.every(isSoundOrChance) ? runIn(tree) : first
  if (code === 0) return undefined
  const said = sinks.filter(({ finds, unsearched }) => finds.length > 0 || unsearched !== '')
  return `exit code ${code} without a plant: ${said.length === 0 ? output.slice(-500) : JSON.stringify(said)}`
}

/** @returns why plants that stand together were not all noticed; undefined when they were. */
export function plantFlaw(tree: PlantedTree, ...plants: readonly Plant[]): string | undefined {
  const takeBack = tree.plant(plants.flatMap(({ edits }) => edits))
  if (takeBack === undefined) return 'a place is gone'
  const { code, sinks, output } = runIn(tree)
  takeBack()
  const found = sinks.filter(({ finds }) => finds.length > 0).map((each) => each.sink)
  if (sinks.length === 0) return `it broke off: ${output.slice(-500)}`
  const missed = plants.filter(({ sink }) => !found.some((name) => sink.test(name)))
  if (missed.length === 0) return code === 1 ? undefined : `exit code ${code}`
  return `${missed.map(({ leak }) => leak).join(', ')}: found only in ${found.join(', ') || 'no sink'}`
}

if (import.meta.main) {
  const [part = 1, parts = 1] = (process.argv[3] ?? '').split('/').filter(Boolean).map(Number)
  const chosen = PLANTS.filter(({ leak }) => leak.includes(process.argv[2] ?? '')).filter(
    (_, i) => i % parts === part - 1,
  )
  const tree = quickTree()
  let missed = 0
  const tell = (what: string, flaw: string | undefined): void => {
    if (flaw !== undefined) missed += 1
    process.stdout.write(
      `${flaw === undefined ? 'found' : 'MISSED'}: ${what}${flaw === undefined ? '' : ` (${flaw})`}\n`,
    )
  }
  try {
    tell('nothing where there is nothing', soundFlaw(tree))
    // A search that finds something everywhere would find every plant.
    for (const plant of missed > 0 ? [] : chosen) tell(`${plant.leak} (${plant.sink.source})`, plantFlaw(tree, plant))
  } finally {
    tree.close()
  }
  process.stdout.write(`${chosen.length} plants, ${missed} missed\n`)
  process.exitCode = missed === 0 ? 0 : 1
}
