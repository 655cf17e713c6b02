/**
 * In-band digits beside others: Sotto's receiver, spandsp's and multimon-ng's hear the same sound in the same run. Prints a table and a
 * line of JSON. Usage: node bench/dtmf-peers.ts FOLDER...
 *
 * A folder holds mono WAV files and `manifest.json`, a list of `{ file, group, rule, rate, seconds, digits: [{ digit }] }`. The rule is `must`
 * (every digit once and nothing else), `info` (beyond the Recommendations) or `never` (no digit at all); groups that begin with `codec` and
 * `talk-off` are counted by themselves.
 *
 * All are judged by one rule that needs no times, since multimon-ng tells none: the digits reported are laid beside the digits sent, in
 * order, as well as they fit; what fits is a hit, what is left over is extra. Sotto hears each file at its own rate, the others at theirs.
 */

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DtmfReceiver } from '../src/rtp/dtmf-receiver.ts'

type Case = {
  readonly file: string
  readonly group: string
  readonly rule: 'must' | 'info' | 'never'
  readonly rate: 8000 | 16000 | 48000
  readonly seconds: number
  readonly digits: readonly { readonly digit: string }[]
}
type Heard = { readonly digits: string; readonly cpuUsPer20Ms: number }
type Listener = { readonly name: string; hear(file: string, rate: Case['rate']): Heard }
type Column = 'must' | 'never' | 'info' | 'coded' | 'talk-off'
type Score = { digits: number; hits: number; extra: number; seconds: number }

const KEYS = '0123456789*#ABCD'
const COLUMNS: readonly Column[] = ['must', 'never', 'info', 'coded', 'talk-off']
const MULTIMON_HZ = 22_050
const SOUND_MAX = 2 ** 28
/** Command or file that each peer needs, and the Debian package it is in. */
const NEEDED: readonly (readonly [command: string, debianPackage: string])[] = [
  ['sox', 'sox'],
  ['gcc', 'gcc'],
  ['multimon-ng', 'multimon-ng'],
  ['/usr/include/spandsp/dtmf.h', 'libspandsp-dev'],
]

const folders = process.argv.slice(2)
const missing = NEEDED.filter(([command]) => !isThere(command)).map(([, debianPackage]) => debianPackage)
if (folders.length === 0)
  say('usage: node bench/dtmf-peers.ts FOLDER... (a folder holds WAV files and manifest.json)', 2)
else if (missing.length > 0) say(`missing: apt-get install ${missing.join(' ')}`, 1)
else compare(folders)

function say(line: string, exitCode: number): void {
  process.stderr.write(`${line}\n`)
  process.exitCode = exitCode
}

function isThere(command: string): boolean {
  if (command.startsWith('/')) return existsSync(command)
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, command)))
}

function compare(all: readonly string[]): void {
  const built = mkdtempSync(join(tmpdir(), 'dtmf-peers-'))
  try {
    const listeners = [sotto(), spandsp(built), multimon()]
    const rows = listeners.map(({ name }) => ({ name, scores: emptyScores(), cpu: 0, frames: 0 }))
    for (const folder of all) {
      const cases = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as readonly Case[]
      for (const each of cases) {
        for (const [i, listener] of listeners.entries()) {
          const row = rows[i]
          if (row === undefined) continue
          const { digits, cpuUsPer20Ms } = listener.hear(join(folder, each.file), each.rate)
          add(row.scores[columnOf(each)], each, digits)
          row.cpu += cpuUsPer20Ms * each.seconds * 50
          row.frames += each.seconds * 50
        }
      }
    }
    print(
      rows.map(({ name, scores, cpu, frames }) => ({ name, scores, cpuUsPer20Ms: frames === 0 ? 0 : cpu / frames })),
    )
  } finally {
    rmSync(built, { recursive: true, force: true })
  }
}

function sotto(): Listener {
  return {
    name: 'Sotto',
    hear(file, rate) {
      const octets = sound(file, rate)
      const pcm = new Int16Array(octets.buffer, octets.byteOffset, octets.length >> 1)
      const receiver = new DtmfReceiver(rate)
      const frame = rate / 50
      let digits = ''
      const begun = process.cpuUsage()
      for (let at = 0; at < pcm.length; at += frame) {
        const known = receiver.accept(pcm, at, Math.min(pcm.length, at + frame))
        for (let i = 0; i < known; i++) digits += KEYS[receiver.digitAt(i)]
      }
      const { user, system } = process.cpuUsage(begun)
      return { digits, cpuUsPer20Ms: (user + system) / Math.max(1, pcm.length / frame) }
    },
  }
}

function spandsp(folder: string): Listener {
  const program = join(folder, 'spandsp-listen')
  const source = join(import.meta.dirname, 'spandsp-listen.c')
  execFileSync('gcc', ['-O2', '-o', program, source, '-lspandsp', '-lm'])
  return {
    name: 'spandsp',
    hear(file) {
      const { stdout } = spawnSync(program, { input: sound(file, 8000), encoding: 'latin1' })
      const [digits = '', cpu = '0'] = stdout.split('\n')
      return { digits, cpuUsPer20Ms: Number(cpu) }
    },
  }
}

/** It tells no CPU time of its own, so the shell does, its start included: a few ms for each file. */
function multimon(): Listener {
  return {
    name: 'multimon-ng',
    hear(file) {
      const input = sound(file, MULTIMON_HZ)
      const command = 'TIMEFORMAT="%U %S"; time multimon-ng -q -c -a DTMF -t raw -'
      const { stdout, stderr } = spawnSync('bash', ['-c', command], { input, encoding: 'latin1', maxBuffer: SOUND_MAX })
      const digits = [...stdout.matchAll(/^DTMF: (\S)/gm)].map(([, digit]) => digit).join('')
      const [, user = '0', system = '0'] = /([\d.]+) ([\d.]+)\s*$/.exec(stderr) ?? []
      const frames = input.length / 2 / (MULTIMON_HZ / 50)
      return { digits, cpuUsPer20Ms: ((Number(user) + Number(system)) * 1e6) / Math.max(1, frames) }
    },
  }
}

/** A file as 16-bit sound of a rate. */
function sound(file: string, rate: number): Buffer {
  const format = ['-t', 'raw', '-e', 'signed', '-b', '16', '-c', '1', '-r', String(rate)]
  const octets = execFileSync('sox', ['-D', '-V1', file, ...format, '-'], { maxBuffer: SOUND_MAX })
  return Buffer.from(octets)
}

function columnOf({ group, rule }: Case): Column {
  if (group.startsWith('talk-off')) return 'talk-off'
  return group.startsWith('codec') ? 'coded' : rule
}

function emptyScores(): Record<Column, Score> {
  const empty = (): Score => ({ digits: 0, hits: 0, extra: 0, seconds: 0 })
  return { must: empty(), never: empty(), info: empty(), coded: empty(), 'talk-off': empty() }
}

function add(score: Score, { rule, digits, seconds }: Case, heard: string): void {
  const sent = rule === 'never' ? '' : digits.map(({ digit }) => digit).join('')
  const hits = longestCommon(sent, heard)
  score.digits += sent.length
  score.hits += hits
  score.extra += heard.length - hits
  score.seconds += seconds
}

/** @returns how many characters of both stand in one order: the length of their longest common subsequence. */
function longestCommon(one: string, other: string): number {
  let before = new Uint16Array(other.length + 1)
  for (const each of one) {
    const row = new Uint16Array(other.length + 1)
    for (let i = 1; i <= other.length; i++) {
      row[i] = each === other[i - 1] ? (before[i - 1] ?? 0) + 1 : Math.max(before[i] ?? 0, row[i - 1] ?? 0)
    }
    before = row
  }
  return before[other.length] ?? 0
}

type Row = { readonly name: string; readonly scores: Record<Column, Score>; readonly cpuUsPer20Ms: number }

function print(rows: readonly Row[]): void {
  const share = ({ hits, digits, extra }: Score) =>
    digits === 0 ? '-' : `${((100 * hits) / digits).toFixed(2)} % +${extra}`
  const falseIn = ({ extra, seconds }: Score) => (seconds === 0 ? '-' : `${extra} in ${(seconds / 60).toFixed(1)} min`)
  const line = (cells: readonly string[]) =>
    `${cells.map((cell, i) => (i === 0 ? cell.padEnd(12) : cell.padStart(18))).join('')}\n`
  process.stdout.write(line(['', 'must', 'never: false', 'info', 'coded', 'talk-off: false', 'CPU us / 20 ms']))
  for (const { name, scores, cpuUsPer20Ms } of rows) {
    const cells = COLUMNS.map((column) =>
      column === 'never' || column === 'talk-off' ? falseIn(scores[column]) : share(scores[column]),
    )
    process.stdout.write(line([name, ...cells, cpuUsPer20Ms.toFixed(1)]))
  }
  const rounded = rows.map((row) => ({ ...row, cpuUsPer20Ms: Number(row.cpuUsPer20Ms.toFixed(2)) }))
  process.stdout.write(`${JSON.stringify({ bench: 'dtmf-peers', rows: rounded })}\n`)
}
