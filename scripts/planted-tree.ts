/** A copy of the tree to plant leaks in: what a vault may read is copied, since it may read its own folder only; the rest is linked. */

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** A change of one file: text put in a place that is there once, or at the end. */
export type Edit = { readonly file: string } & (
  | { readonly from: RegExp | string; readonly to: string }
  | { readonly append: string }
)

export type PlantedTree = {
  readonly folder: string
  /** @returns how to take the edits back; undefined when a place is not there, or there twice. */
  plant(edits: readonly Edit[]): (() => void) | undefined
  close(): void
}

const ROOT = resolve(import.meta.dirname, '..')
const COPIED = ['src', 'native', 'test', 'prompts', 'flows', 'media', 'package.json', 'tsconfig.json']
const VAULT_PACKAGES = /^(?:sodium-native|require-addon|which-runtime|bare-.*|@evan)$/

/** Makes the copy in a folder for temporary files. */
export function copyTree(): PlantedTree {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-planted-'))
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  mkdirSync(join(folder, 'node_modules'))
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    const [from, to] = [join(ROOT, 'node_modules', name), join(folder, 'node_modules', name)]
    if (VAULT_PACKAGES.test(name)) cpSync(from, to, { recursive: true })
    else symlinkSync(from, to)
  }
  return {
    folder,
    plant(edits) {
      const sound = new Map<string, string>()
      const takeBack = (): void => {
        for (const [path, text] of sound) writeFileSync(path, text)
      }
      // Plants that are planted together share some of their edits.
      for (const edit of new Set(edits)) {
        const path = join(folder, edit.file)
        const text = readFileSync(path, 'utf8')
        if (!sound.has(path)) sound.set(path, text)
        const planted = edited(text, edit)
        if (planted === undefined) {
          takeBack()
          return undefined
        }
        writeFileSync(path, planted)
      }
      return takeBack
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function edited(text: string, edit: Edit): string | undefined {
  if ('append' in edit) return `${text}\n${edit.append}\n`
  if (typeof edit.from === 'string') {
    return text.split(edit.from).length === 2 ? text.replace(edit.from, () => edit.to) : undefined
  }
  return [...text.matchAll(new RegExp(edit.from, `${edit.from.flags}g`))].length === 1
    ? text.replace(edit.from, edit.to)
    : undefined
}
