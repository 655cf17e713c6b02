/** What happens now: numbers, workgroups, calls that stand. */

import type { Api } from '../shared/api.ts'
import { shared } from '../shared/shared-words.ts'
import { CallsTable } from './calls-table.tsx'
import { Counters } from './counters.tsx'
import { supervisor } from './supervisor-words.ts'
import { namesByAccount, type Workgroup } from './team.ts'
import type { Watch } from './watch.ts'
import { Workgroups } from './workgroups.tsx'

type NowProps = {
  readonly api: Api
  readonly watch: Watch
  /** Undefined until they were read. */
  readonly workgroups: readonly Workgroup[] | undefined
  /** Whether one is told of secure sessions: who is not would read that there are none. */
  readonly seesSecure: boolean
}

export function Now({ api, watch, workgroups, seesSecure }: NowProps) {
  const { live, nowMs, news, isRead } = watch
  const calls = live.value.calls
  return (
    <div class="stack">
      <h1>{supervisor.value.live}</h1>
      {isRead.value ? (
        <>
          <Counters api={api} live={live.value} news={news.value} seesSecure={seesSecure} />
          <Workgroups workgroups={workgroups} calls={calls} nowMs={nowMs.value} seesSecure={seesSecure} />
          <CallsTable
            calls={calls}
            nowMs={nowMs.value}
            agentOf={namesByAccount(workgroups ?? [])}
            seesSecure={seesSecure}
          />
        </>
      ) : (
        <p role="status">{shared.value.loading}</p>
      )}
    </div>
  )
}
