/** What the pool of media processes is told of the configuration and the machine. */

import type { Config } from '../base/config.ts'

/** @param cores that this machine has for us. */
export function mediaOptions({ media, admission }: Pick<Config, 'media' | 'admission'>, cores: number) {
  const { processes, address, portMin, portMax, holdMusic, packetIo, memoryMegabytes } = media
  return {
    ...{ processes, cores, memoryMegabytes, packetIo },
    lateMs: admission.enabled ? admission.mediaLateMs : undefined,
    configure: { address, portMin, portMax, holdMusicFile: holdMusic },
  }
}
