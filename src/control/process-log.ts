/** What becomes of the processes, in the words of the log. */

import type { Log } from '../base/log.ts'

/** What the vault pool tells of its processes. */
type VaultProcessEvent = { readonly processId: number } & (
  | { readonly type: 'ready' | 'bad-message' | 'prompts-missing' | 'prompts-reloaded' }
  | { readonly type: 'lost'; readonly stalled: boolean; readonly sessions: number }
)

export function logVaultEvent(log: Log, event: VaultProcessEvent): void {
  const ids = { process: 'vault', pid: event.processId }
  switch (event.type) {
    case 'ready':
      log.info('process.ready', ids)
      break
    case 'lost':
      log.error(event.stalled ? 'process.fell-silent' : 'process.exited', { ...ids, count: event.sessions })
      break
    case 'bad-message':
      log.error('process.message-refused', ids)
      break
    case 'prompts-missing':
      log.error('prompts.refused', ids)
      break
    case 'prompts-reloaded':
      log.info('prompts.reloaded', ids)
      break
  }
}

export function logMediaEvent(log: Log, name: 'media.started' | 'media.ready' | 'media.lost', pid: number): void {
  const ids = { process: 'media', pid }
  if (name === 'media.lost') log.error('process.exited', ids)
  else if (name === 'media.ready') log.info('process.ready', ids)
  else log.info('process.started', ids)
}
