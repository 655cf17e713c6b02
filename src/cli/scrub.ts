/**
 * `sotto scrub IN OUT`: makes a capture from the field fit to be stored. The outcome is written under another name, read back, searched
 * for what was keyed, and gets its name only then; whatever goes wrong leaves no output. Says counts, never a digit.
 */

import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { asFault, type Fault, fault } from '../base/fault.ts'
import { plainReplacement, type Replacement, replacementFrom } from '../scrub/replacement.ts'
import { type Refused, type Scrubbed, type ScrubCounts, scrubCapture } from '../scrub/scrub.ts'
import { flawsOf } from '../scrub/verify.ts'

export type ScrubArgs = {
  readonly input: string
  readonly output: string
  /** Digits to write, in groups; every digit becomes the same one when absent. */
  readonly digits: string | undefined
  readonly silence: boolean
  readonly blankUnknown: boolean
}

/** A capture is looked at as a whole, in memory, twice: as it was and as it becomes. */
const MOST_OCTETS = 256 * 1024 * 1024
/** From this size on it takes long enough for somebody to wonder. */
const LARGE = 16 * 1024 * 1024
const NAMED_AT_MOST = 20

/** @returns the exit code: 0 written, 1 not, 2 the arguments are wrong. */
export async function scrub(args: ScrubArgs, write: (line: string) => void): Promise<number> {
  const replacement =
    args.digits === undefined ? plainReplacement(args.silence) : replacementFrom(args.digits, args.silence)
  if (replacement === undefined) return refuse(fault('scrub.bad-replacement'), [], write, 2)
  let file: Uint8Array | undefined
  try {
    file = await readInput(args)
    const say = file.length < LARGE ? () => undefined : write
    say(`looking at ${Math.round(file.length / 1024 / 1024)} MiB ...`)
    const scrubbed = scrubCapture(file, { replacement, blankUnknown: args.blankUnknown })
    if (scrubbed === undefined) throw fault('replay.not-a-capture', { octets: file.length })
    if ('unreadable' in scrubbed)
      return refuse(fault('scrub.unreadable'), (scrubbed satisfies Refused).unreadable, write)
    say('searching the outcome ...')
    const flaws = await writeSearched(args.output, file, scrubbed, replacement)
    scrubbed.trace.wipe()
    if (flaws.length > 0) return refuse(fault('scrub.not-clean'), flaws, write)
    for (const line of summary(args, scrubbed)) write(line)
    return 0
  } catch (thrown) {
    return refuse(asFault(thrown), [], write)
  } finally {
    file?.fill(0)
  }
}

/** @throws Fault */
async function readInput({ input, output }: ScrubArgs): Promise<Uint8Array> {
  const found = await stat(input).catch((cause: unknown) => {
    throw fault('replay.no-file', {}, cause)
  })
  if (found.size > MOST_OCTETS) throw fault('scrub.too-large', { octets: found.size })
  if ((await stat(output).catch(() => undefined)) !== undefined) throw fault('scrub.exists')
  return await readFile(input).catch((cause: unknown) => {
    throw fault('replay.no-file', {}, cause)
  })
}

/** Writes under another name, reads back, searches, renames. @returns what the search found; then there is no file. */
async function writeSearched(
  output: string,
  file: Uint8Array,
  scrubbed: Scrubbed,
  replacement: Replacement,
): Promise<readonly string[]> {
  const part = `${output}.${process.pid}.part`
  try {
    const handle = await open(part, 'wx', 0o600)
    try {
      await handle.writeFile(file)
      await handle.sync()
    } finally {
      await handle.close()
    }
    const flaws = flawsOf(await readFile(part), scrubbed, replacement)
    if (flaws.length === 0) await rename(part, output)
    return flaws
  } catch (cause) {
    throw fault('scrub.not-written', {}, cause)
  } finally {
    await rm(part, { force: true })
  }
}

function summary({ output }: ScrubArgs, { counts, blanked }: Scrubbed): readonly string[] {
  return [
    `${output}: ${counts.changedPackets} of ${counts.packets} packets changed, ${counts.streams} RTP streams`,
    ...rowsOf(counts).map(([name, text]) => `  ${name.padEnd(8)} ${text}`),
    ...blanked.map((what) => `  blanked  ${what}`),
    '  searched: a receiver hears what was written and nothing else; what was keyed is found nowhere',
  ]
}

function rowsOf(counts: ScrubCounts): [name: string, text: string][] {
  const { eventPresses, eventPackets, strayEvents, tonePresses, toneMs, leftSilent, infoKeys, numbers, quotations } =
    counts
  const rows: [string, string, boolean][] = [
    ['events', `${eventPresses} digits in ${eventPackets} packets`, eventPackets > 0],
    ['', `${strayEvents} in packets that belong to no stream`, strayEvents > 0],
    ['sound', `${tonePresses} keys; ${(toneMs / 1000).toFixed(2)} s replaced`, toneMs > 0],
    ['', `${leftSilent} keys left silent, for want of a place where another is heard once`, leftSilent > 0],
    ['SIP', `${infoKeys} keys in bodies`, infoKeys > 0],
    ['text', `${numbers} numbers that may be of a card or hold what was keyed`, numbers > 0],
    ['ICMP', `${quotations} quotations blanked`, quotations > 0],
  ]
  return rows.flatMap(([name, text, isThere]): [string, string][] => (isThere ? [[name, text]] : []))
}

function refuse({ row }: Fault, details: readonly string[], write: (line: string) => void, code = 1): number {
  write(`${row.title}. ${row.advice}`)
  for (const detail of details.slice(0, NAMED_AT_MOST)) write(`  ${detail}`)
  if (details.length > NAMED_AT_MOST) write(`  and ${details.length - NAMED_AT_MOST} more`)
  return code
}
