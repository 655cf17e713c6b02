/** What belongs together in the settings of a trunk; `config-checks.ts` has the rest. */

import type { Config } from './config-schema.ts'
import { leadsOverTls } from './sip-uri-words.ts'

type Report = (path: readonly (string | number)[], says: string, advice: string) => void

/** How a trunk is known, and how it is registered at. */
export function checkTrunks({ sip, trunks }: Config, report: Report): void {
  for (const [at, { addresses, registration, credentials }] of trunks.entries()) {
    const path = ['trunks', at]
    if (registration === undefined) {
      if (addresses.length > 0) continue
      report(path, 'Nothing says which calls come from this trunk.', 'Set addresses, or registration.')
      continue
    }
    if (registration.user === undefined && credentials === undefined) {
      const says = 'A registration needs a user.'
      report([...path, 'registration'], says, 'Set registration.user, or credentials.')
    }
    const hasTls = sip.listeners.some(({ transport }) => transport === 'tls')
    if (!hasTls && [registration.uri, ...registration.proxies].some(leadsOverTls)) {
      const says = 'This leads over TLS, and no listener is for TLS.'
      report([...path, 'registration'], says, 'Add a listener with transport tls to sip.listeners.')
    }
  }
}
