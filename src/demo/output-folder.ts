/** The folder of a demo or a leak test, which is emptied before each: only one that they have made, by the file that they leave in it. Whoever names another by mistake loses nothing. */

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { asFault, fault } from '../base/fault.ts'

const MARKER = '.sotto-output'
const MARKED = 'sotto demo and sotto leak-test empty this folder.\n'

/** @returns the whole path of the folder, which is there and empty; undefined after having said why it is not. */
export function outputFolder(given: string, write: (line: string) => void): string | undefined {
  const folder = resolve(given)
  try {
    empty(folder)
    return folder
  } catch (thrown) {
    const { title, advice } = asFault(thrown).row
    write(`${folder}: ${title}. ${advice}`)
    return undefined
  }
}

/** @throws Fault `output.*` */
function empty(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
    const names = readdirSync(folder)
    if (names.length > 0 && !names.includes(MARKER)) throw fault('output.not-ours')
    for (const name of names) if (name !== MARKER) rmSync(join(folder, name), { recursive: true, force: true })
    writeFileSync(join(folder, MARKER), MARKED)
  } catch (thrown) {
    throw asFault(thrown).code === 'output.not-ours' ? thrown : fault('output.not-writable', {}, thrown)
  }
}
