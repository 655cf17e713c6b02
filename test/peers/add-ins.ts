/** A folder of add-ins for a story: the example as it is shipped, with the address of another service, and whatever a story makes up. */

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

const SHIPPED = join(import.meta.dirname, '../../add-ins')

export type AddInsFolder = {
  readonly folder: string
  /** @param script what it has as its script. @param more of its manifest. */
  write(name: string, script: string, more?: object): void
  remove(name: string): void
}

/** @param orders where the example's lookup goes, such as `https://127.0.0.1:8443`. */
export function makeAddIns(t: Test, orders: string): AddInsFolder {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-add-ins-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(SHIPPED, folder, { recursive: true })
  const manifest = join(folder, 'order-lookup/add-in.json')
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('https://orders.example', orders))
  return {
    folder,
    write(name, script, more = {}) {
      mkdirSync(join(folder, name), { recursive: true })
      writeFileSync(join(folder, name, 'form.js'), script)
      const body = { contract: 1, name, version: '1.0.0', title: name, script: 'form.js', styles: [], ...more }
      writeFileSync(join(folder, name, 'add-in.json'), JSON.stringify(body))
    },
    remove: (name) => rmSync(join(folder, name), { recursive: true }),
  }
}
