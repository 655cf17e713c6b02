/**
 * Fuzzing for as long as one likes: every reader of octets from outside (`test/fuzz`), in turns, with inputs made from sound ones by a seed. Prints a line a
 * turn and a table; stores inputs that broke something. Ends with code 1 when there was one, or when an input took longer than 50 ms.
 * Usage: node bench/fuzz.ts [--guided] [--minutes 1] [--seed 1] [--only sip,sdp] [--corpus FOLDER] [--store var/fuzz]
 * `--guided` keeps inputs that reach code which none before them did, and goes on from them (`test/fuzz/guided.ts`); `--most 1` asks after each input.
 * FOLDER has a folder of files for each reader, such as `sip` and `rtcp`: more inputs to begin with; what is kept goes there too.
 * One input again: node bench/fuzz.ts --seed 1 --only sip --round 4711, or, after what was kept, --only sip --input var/fuzz/sip-1-4711.bin
 */

import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Counting } from '../test/fuzz/coverage.ts'
import { Guide } from '../test/fuzz/guided.ts'
import { emptyTally, type Tally, type Target, tryCuts, tryInput, tryRounds } from '../test/fuzz/target.ts'
import { ownCpuMs } from '../test/peers/process-times.ts'

const MS_PER_MINUTE = 60_000
/** ms that one reader has before the next one's turn. */
const TURN_MS = 2000
/** Inputs between two looks at the clock. */
const STEP = 200
/** Failing inputs stored of each reader. */
const STORED = 20

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    guided: { type: 'boolean', default: false },
    most: { type: 'string' },
    corpus: { type: 'string' },
    input: { type: 'string' },
    store: { type: 'string', default: 'var/fuzz' },
    round: { type: 'string' },
  },
})
const seed = Number(values.seed)
const only = values.only?.split(',')
type Run = {
  readonly target: Target
  readonly guide: Guide | undefined
  readonly tally: Tally
  round: number
  ms: number
}
// Our own readers and the packages that they read with. Whatever is imported before is not counted, so the readers come after it.
const isCounted = (url: string): boolean => url.startsWith('file:') && !/\/(?:test|bench)\//.test(url)
const counting = values.guided ? new Counting(isCounted) : undefined
const { allTargets } = await import('../test/fuzz/targets.ts')
const runs = (await allTargets())
  .filter(({ name }) => only === undefined || only.includes(name))
  .map(withMoreSeeds)
  .map((target): Run => ({ target, guide: guideOf(target), tally: emptyTally(), round: Number(values.round ?? 0), ms: 0 })) // biome-ignore format: one row
if (runs.length === 0) throw new Error(`no reader is called ${values.only}`)

const startMs = performance.now()
const endMs = startMs + Number(values.minutes) * MS_PER_MINUTE
let stopped = false
process.once('SIGINT', () => {
  stopped = true
})
const isOne = values.round !== undefined || values.input !== undefined
if (!isOne) {
  for (const run of runs) tryCuts(run.target, run.tally)
}
const firstMegabytes = heapMegabytes()
if (values.input !== undefined) {
  for (const { target, tally } of runs) tryInput(target, readFileSync(values.input), { seed, round: 0 }, tally)
} else if (values.round !== undefined) {
  for (const run of runs) await tryRounds(run.target, seed, run.round, run.tally, (round) => round <= run.round)
} else {
  while (!stopped && performance.now() < endMs) for (const run of runs) await takeTurn(run)
}
for (const run of runs) store(run)
report()

async function takeTurn(run: Run): Promise<void> {
  const turnEndMs = Math.min(endMs, performance.now() + TURN_MS)
  const before = ownCpuMs()
  while (!stopped && performance.now() < turnEndMs) {
    const to = run.round + STEP
    run.round =
      (await run.guide?.tryRounds(seed, run.round, run.tally)) ??
      (await tryRounds(run.target, seed, run.round, run.tally, (round) => round < to))
    // Flaws of one kind come in thousands.
    run.tally.flaws.splice(STORED)
  }
  run.ms += ownCpuMs() - before
  const { rounds, slowestMs, flaws } = run.tally
  const minutes = ((performance.now() - startMs) / MS_PER_MINUTE).toFixed(1)
  process.stdout.write(
    `${minutes} min  ${run.target.name.padEnd(9)} ${String(rounds).padStart(9)} inputs, slowest ${slowestMs.toFixed(1)} ms, ${learnt(run)}${flaws.length} flaws, heap ${heapMegabytes().toFixed(0)} MB\n`,
  )
}

function learnt({ guide }: Run): string {
  if (guide === undefined) return ''
  const { reached, known } = guide.reached.blocks
  return `${guide.kept} kept, ${reached} of ${known} blocks, `
}

function report(): void {
  const rows = runs.map(({ target, guide, tally, ms, round }) => ({
    reader: target.name,
    inputs: tally.rounds,
    'inputs/s of a core': ms === 0 ? 0 : Math.round((round / ms) * 1000),
    MB: Math.round(tally.octets / 1e5) / 10,
    'slowest ms': Math.round(tally.slowestMs * 10) / 10,
    ...(guide === undefined ? {} : { kept: guide.kept, blocks: guide.reached.blocks.reached, known: guide.reached.blocks.known }), // biome-ignore format: one row
    flaws: tally.flaws.length,
  }))
  const grownMegabytes = Math.round((heapMegabytes() - firstMegabytes) * 10) / 10
  process.stdout.write(
    `\n${rows
      .map((row) =>
        Object.entries(row)
          .map(([key, value]) => `${key} ${value}`)
          .join(', '),
      )
      .join('\n')}\n`,
  )
  process.stdout.write(`${JSON.stringify({ seed, grownMegabytes, rows })}\n`)
  if (runs.some(({ tally }) => tally.flaws.length > 0)) process.exitCode = 1
}

function store({ target, tally }: Run): void {
  for (const { seed: ofSeed, round, says, octets } of tally.flaws.slice(0, STORED)) {
    mkdirSync(values.store, { recursive: true })
    const file = join(values.store, `${target.name}-${ofSeed}-${String(round).replaceAll(' ', '-')}.bin`)
    writeFileSync(file, octets)
    process.stdout.write(`FLAW ${file}: ${says.split('\n').slice(0, 4).join(' ')}\n`)
  }
}

function corpusOf(reader: string): string | undefined {
  return values.corpus === undefined ? undefined : join(values.corpus, reader)
}

function withMoreSeeds(target: Target): Target {
  const folder = corpusOf(target.name)
  if (folder === undefined || statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return target
  const more = readdirSync(folder).sort()
  return { ...target, seeds: [...target.seeds, ...more.map((name) => readFileSync(join(folder, name)))] }
}

function guideOf(target: Target): Guide | undefined {
  if (counting === undefined) return undefined
  const folder = corpusOf(target.name)
  const most = values.most === undefined ? {} : { most: Number(values.most) }
  if (folder === undefined) return new Guide(target, counting, most)
  mkdirSync(folder, { recursive: true })
  const onKept = (octets: Uint8Array): void =>
    writeFileSync(join(folder, createHash('sha1').update(octets).digest('hex')), octets)
  return new Guide(target, counting, { ...most, onKept })
}

/** After a collection where `--expose-gc` allows one. */
function heapMegabytes(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1e6
}
