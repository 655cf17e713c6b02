/** `sotto backup` and `sotto restore`. */

import { claimFile } from '../base/claim.ts'
import { backUp, type Contents, restore, storeOf } from '../directory/index.ts'
import { type ConfigScope, configured, type WriteLine } from './configured.ts'
import { telling } from './telling.ts'

/** @returns 0 written, 1 it did not work, 2 the configuration is wrong. */
export async function backup(scope: ConfigScope, file: string, write: WriteLine): Promise<0 | 1 | 2> {
  const config = configured(scope, write)
  if (config === undefined) return 2
  return telling(write, async () => {
    const contents = await backUp(storeOf(config.directory), file)
    write(`${file}: written and checked (${described(contents)})`)
  })
}

/** @returns 0 restored, 1 it did not work and nothing was changed, 2 the configuration is wrong. */
export async function restoreBackup(scope: ConfigScope, file: string, now: Date, write: WriteLine): Promise<0 | 1 | 2> {
  const config = configured(scope, write)
  if (config === undefined) return 2
  const store = storeOf(config.directory)
  const stamp = now.toISOString().replaceAll(/[:.]/g, '-')
  const aside = `${'file' in store ? store.file : file}.before-${stamp}`
  return telling(write, async () => {
    // A server that runs has the claim; several may share a PostgreSQL, and take over what is restored there.
    const letGo = 'file' in store ? await claimFile('directory', store.file) : () => undefined
    try {
      const contents = await restore(store, file, aside)
      write(`${file}: restored (${described(contents)})`)
      write(`what was there before is in ${aside}`)
    } finally {
      letGo()
    }
  })
}

function described(contents: Contents): string {
  const shown = ['users', 'workgroups', 'forms', 'flows', 'changes']
  return shown.map((table) => `${contents[table] ?? 0} ${table}`).join(', ')
}
