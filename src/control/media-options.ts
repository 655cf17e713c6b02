/** What the pool of media processes is told of the configuration and the machine. */

import type { Config } from '../base/config.ts'

/** @param cores that this machine has for us. */
export function mediaOptions({ media }: Pick<Config, 'media'>, cores: number) {
  const { processes, address, portMin, portMax, holdMusic, codecs, packetIo, memoryMegabytes } = media
  return {
    ...{ processes, cores, memoryMegabytes, packetIo },
    configure: { address, portMin, portMax, holdMusicFile: holdMusic, codecs },
  }
}

/** @returns how late a process may be that takes calls; undefined for as late as it is. */
export function mediaLateMs({ admission }: Pick<Config, 'admission'>): number | undefined {
  return admission.enabled ? admission.mediaLateMs : undefined
}
