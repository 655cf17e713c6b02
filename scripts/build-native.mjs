/**
 * Compiles the addon that receives and sends UDP in batches (`native/udp-batch`). Runs after every `npm install` and never fails it: without a
 * compiler, or on another system than Linux, media runs over node:dgram, at more CPU per packet. JavaScript, since any Node from 20 on runs it, and
 * Node strips no types in an installed package.
 *
 *   node scripts/build-native.mjs [--required]   with --required, no addon is a failure
 */

import { spawnSync } from 'node:child_process'
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../native/udp-batch', import.meta.url))
const TARGET = join(FOLDER, 'udp-batch.node')
const FLAGS = [
  '-std=c++17',
  '-O2',
  '-fPIC',
  '-shared',
  '-fno-exceptions',
  '-fno-rtti',
  '-fvisibility=hidden',
  '-Wl,--as-needed',
]
const WARNINGS = ['-Wall', '-Wextra', '-Wno-missing-field-initializers']

const failure = build()
if (failure !== undefined) {
  // One of older sources may not fit what loads it.
  rmSync(TARGET, { force: true })
  process.stdout.write(`UDP addon not built (${failure}): media will run over node:dgram, at more CPU per packet.\n`)
  if (process.argv.includes('--required')) process.exitCode = 1
}

/** @returns why there is no addon; undefined when there is one, made of the present sources. */
function build() {
  if (process.platform !== 'linux') return 'not Linux'
  const files = readdirSync(FOLDER).filter((name) => /\.(cc|h)$/.test(name))
  if (files.every((name) => timeOf(TARGET) > timeOf(join(FOLDER, name)))) return undefined
  const include = headers()
  if (include === undefined) return 'no headers of Node-API'
  const compiler = process.env['CXX'] || 'c++'
  const sources = files.filter((name) => name.endsWith('.cc')).map((name) => join(FOLDER, name))
  // Whole or not at all: another process may load it meanwhile.
  const draft = `${TARGET}.${process.pid}`
  const args = [...FLAGS, ...WARNINGS, `-I${include}`, '-o', draft, ...sources]
  const { error, status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' })
  try {
    if (error !== undefined) return `no compiler ${compiler}`
    if (status !== 0) return `${compiler}: ${stderr.split('\n').find((line) => line.includes('error')) ?? 'failed'}`
    renameSync(draft, TARGET)
  } catch (problem) {
    return String(problem)
  } finally {
    rmSync(draft, { force: true })
  }
  return undefined
}

/** @returns the folder of Node-API's headers. */
function headers() {
  const require = createRequire(import.meta.url)
  try {
    return require('node-api-headers').include_dir
  } catch {
    return undefined
  }
}

/** @returns when a file was changed, 0 when there is none. */
function timeOf(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
