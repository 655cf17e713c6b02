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

/** What the media pool tells of its processes; a ready one says how it receives and sends packets, and why not by the addon. */
type MediaProcessEvent = { readonly pid: number } & (
  | { readonly name: 'media.started' | 'media.lost' | 'media.too-large' | 'media.leaving' | 'media.left' }
  | { readonly name: 'media.ready'; readonly packetIo: { readonly udp: string; readonly because?: string } }
  | { readonly name: 'media.losses'; readonly losses: Readonly<Record<string, number>> }
)

export function logMediaEvent(log: Log, event: MediaProcessEvent): void {
  const ids = { process: 'media', pid: event.pid }
  switch (event.name) {
    case 'media.started':
      log.info('process.started', ids)
      break
    case 'media.ready':
      log.info('process.ready', { ...ids, implementation: event.packetIo.udp, reason: event.packetIo.because })
      break
    case 'media.lost':
      log.error('process.exited', ids)
      break
    case 'media.too-large':
      log.warn('process.too-large', ids)
      break
    case 'media.leaving':
      log.info('process.replaced', ids)
      break
    case 'media.left':
      log.info('process.left', ids)
      break
    case 'media.losses':
      for (const [loss, count] of Object.entries(event.losses)) {
        if (count > 0) log.warn('media.packets-lost', { ...ids, reason: wordOf(loss), count })
      }
  }
}

/** `tooLong` as the log writes words: `too-long`. */
function wordOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
