/** What the people who look after this server work on over the API, beside the directory: prompts, the validation service, certificates. */

import type { Clock } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import type { RandomBytes } from '../base/ids.ts'
import type { Log } from '../base/log.ts'
import type { FlowFolder } from '../flow/index.ts'
import { certificatesInUse } from './certificates-in-use.ts'
import type { DirectoryHolder } from './directory.ts'
import { promptsOf, type ServerPrompts } from './prompts.ts'
import { createValidationTester, type ValidationTester } from './validation-test.ts'

export type Administration = {
  /** What the HTTP server is given of it. */
  readonly web: {
    readonly prompts: ServerPrompts
    readonly validation: ValidationTester & { readonly certificates: () => ReturnType<typeof certificatesInUse> }
  }
  close(): Promise<void>
}

type Parts = {
  readonly clock: Clock
  readonly wallMs: () => number
  readonly random: RandomBytes
  readonly log: Pick<Log, 'fault'>
  readonly shippedFolder: string
  readonly directory: Pick<DirectoryHolder, 'db'>
  readonly flows: Pick<FlowFolder, 'list' | 'find'>
  /** As it counts just now. */
  readonly current: () => Config
  readonly reloadPrompts: () => void
}

export function administrationOf(config: Config, { current, reloadPrompts, ...parts }: Parts): Administration {
  const prompts = promptsOf(config, { ...parts, settings: () => current().secureInput, reload: reloadPrompts })
  const tester = createValidationTester({ ...parts, settings: () => current().secureInput.validation })
  return {
    web: {
      prompts,
      validation: { ...tester, certificates: () => certificatesInUse(current(), parts.wallMs()) },
    },
    close: prompts.close,
  }
}
