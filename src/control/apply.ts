/** Tells a changed configuration to everything that runs by it, between two messages: nothing sees half of it. */

import type { Config } from '../base/config.ts'
import type { AdjustableLog } from '../base/log.ts'
import type { Calls } from '../call/index.ts'
import type { CallHistory } from '../history/index.ts'
import type { SipEndpoint } from '../sip/index.ts'
import { keysInTheClear } from './clear-keys.ts'
import type { CurrentCertificates } from './current-certificates.ts'
import { keepingOf } from './history.ts'
import { sipSettings } from './sip-options.ts'
import type { sipResolver } from './sip-resolver.ts'
import { webTerms } from './web-terms.ts'

export type AppliedTo = {
  readonly log: AdjustableLog
  readonly certificates: CurrentCertificates
  readonly resolver: ReturnType<typeof sipResolver>
  readonly sip: Pick<SipEndpoint, 'reconfigure'>
  readonly calls: Pick<Calls, 'reconfigure'>
  readonly history: Pick<CallHistory, 'reconfigure'>
  readonly vault: { reloadPrompts(): void }
  readonly web: { reconfigure(settings: ReturnType<typeof webTerms>): void } | undefined
}

/** @param before the one that counted. @throws Fault when a certificate cannot be read; then nothing was applied. */
export function applyConfig(config: Config, before: Config, to: AppliedTo): void {
  const takeCertificates = to.certificates.prepare(config)
  to.web?.reconfigure(webTerms(config.http))
  takeCertificates()
  to.log.setLevel(config.log.level)
  to.resolver.ask(config.sip.dns.servers)
  to.sip.reconfigure(sipSettings(config))
  to.calls.reconfigure(config)
  to.history.reconfigure(keepingOf(config.history))
  to.vault.reloadPrompts()
  const exposed = keysInTheClear(before)
  for (const name of keysInTheClear(config))
    if (!exposed.includes(name)) to.log.warn('sip.keys-in-the-clear', { trunk: name })
}
