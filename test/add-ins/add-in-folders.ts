/** Folders of small add-ins for tests. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AddInSettings } from '../../src/add-ins/index.ts'

export const SCRIPT = "customElements.define('order-lookup', class extends HTMLElement {})\n"

/** A manifest that is right. */
export function manifest(more: object = {}): Record<string, unknown> {
  return {
    contract: 1,
    name: 'order-lookup',
    version: '1.0.0',
    title: 'Order lookup',
    script: 'order-lookup.js',
    styles: ['order-lookup.css'],
    attributes: ['caller'],
    lookups: {
      order: {
        url: 'https://orders.example/api/orders/{order}',
        headers: { authorization: 'Bearer {secret:database_connection_string}' },
        answer: ['amount', 'address'],
      },
    },
    ...more,
  }
}

/** Writes an add-in into a folder of add-ins. */
export function putAddIn(root: string, more: object = {}, folder = 'order-lookup'): string {
  const path = join(root, folder)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'add-in.json'), JSON.stringify(manifest(more)))
  writeFileSync(join(path, 'order-lookup.js'), SCRIPT)
  writeFileSync(join(path, 'order-lookup.css'), 'p { margin: 0 }\n')
  return path
}

/** What the configuration says of them. */
export function addInSettings(
  folder: string | undefined,
  lookups: Partial<AddInSettings['lookups']> = {},
): AddInSettings {
  return { folder, lookups: { allowHosts: ['orders.example'], plainLoopback: false, caFile: undefined, ...lookups } }
}
