/** What the HTTP server is made with: each of its doors, and what stands behind it. */

import { join } from 'node:path'
import type { AddIns } from '../add-ins/index.ts'
import type { RunningTrail } from '../audit/index.ts'
import type { Clock } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import type { RandomBytes } from '../base/ids.ts'
import type { Log } from '../base/log.ts'
import type { Calls } from '../call/index.ts'
import { type FlowFolder, flowTextsOf } from '../flow/index.ts'
import type { CallHistory } from '../history/index.ts'
import type { MediaPool } from '../media/pool.ts'
import type { SipEndpoint } from '../sip/index.ts'
import type { VaultPool } from '../vault/pool.ts'
import { readPageFiles } from '../web/page-files.ts'
import type { WebOptions } from '../web/server.ts'
import type { Administration } from './administration.ts'
import type { PlanKeeper } from './dial-plan.ts'
import type { DirectoryHolder } from './directory.ts'
import type { Entrance } from './entrance.ts'
import { firstGuide } from './first-run.ts'
import type { Gauges, Metrics } from './metrics.ts'
import type { News } from './news.ts'
import type { SipChange } from './sip-endpoint.ts'
import { createSipTraces } from './sip-trace.ts'
import { validates } from './validation-files.ts'
import { webTerms } from './web-terms.ts'

type Asked = 'mediaProcesses' | 'lines' | 'sip' | 'trunks' | 'targets' | 'addIns'

type Parts = {
  readonly clock: Clock
  readonly wallMs: () => number
  readonly random: RandomBytes
  readonly log: Log
  readonly program: { readonly version: string }
  readonly shippedFolder: string
  /** The configuration as it counts just now. */
  readonly current: () => Config
  readonly reload: WebOptions['config']['reload']
  readonly health: () => ReturnType<WebOptions['health']> & Omit<Gauges, Asked>
  readonly calls: Calls
  readonly sip: SipEndpoint
  readonly sipNews: News<SipChange>
  readonly media: MediaPool
  readonly vault: Pick<VaultPool, 'reloadPrompts'>
  readonly flows: FlowFolder
  /** Those in files alone. */
  readonly flowFiles: FlowFolder
  readonly history: CallHistory
  readonly audit: RunningTrail
  readonly directory: DirectoryHolder
  readonly plan: PlanKeeper
  readonly entrance: Entrance
  readonly administration: Administration
  readonly addIns: AddIns
  readonly metrics: Metrics
}

/** @throws Fault `web.certificate-unreadable`, what the file system throws when the pages cannot be read */
export function webOptions(config: Config, parts: Parts): WebOptions {
  const { clock, wallMs, random, log, program, shippedFolder, current, reload, health } = parts
  const { calls, sip, sipNews, media, vault, flows, flowFiles, history, audit } = parts
  const { directory, plan, entrance, administration, addIns, metrics } = parts
  return {
    ...webTerms(config.http),
    ...entrance.web,
    firstRun: {
      gate: entrance.firstRun,
      guide: () => firstGuide(plan.current().config, sip.listening, validates(current())),
    },
    version: program.version,
    random,
    now: clock.now,
    calls,
    pages: readPageFiles(join(shippedFolder, 'pages/built')),
    flows,
    flowFiles,
    flowTexts: flowTextsOf(flows, () => current().secureInput),
    onFlow: ({ type, id, version }) => log.info(`control.flow-${type}`, { flow: id, count: version }),
    history,
    records: audit,
    directory,
    ...administration.web,
    plan: { outside: plan.outside, current: plan.current, contactsOf: sip.registrations },
    isEnabled: () => current().secureInput.enabled,
    traces: createSipTraces({ watch: sip.watch, calls, clock, wallMs }),
    media: { list: () => media.processes(), replace: (pid) => media.replace(pid) },
    trunks: {
      list: () => ({ trunks: sip.trunks(), targets: sip.targets() }),
      subscribe: sipNews.subscribe,
    },
    health,
    metrics: () =>
      metrics.text({
        ...health(),
        mediaProcesses: media.processes(),
        lines: calls.trunks(),
        sip: sip.stats(),
        trunks: sip.trunks(),
        targets: sip.targets(),
        addIns,
      }),
    reloadPrompts: () => vault.reloadPrompts(),
    config: { reload },
    addIns,
    log,
  }
}
