/** The supervisor's page: what happens now, the call history, figures over time, and a call with its secure sessions. */

import { render } from 'preact'
import { lazy, Suspense } from 'preact/compat'
import { useEffect, useState } from 'preact/hooks'
import '../shared/base.css'
import './supervisor.css'
import { Frame } from '../shared/frame.tsx'
import { addressOf, place } from '../shared/place.ts'
import { createPageApi, whoIsThere } from '../shared/session.ts'
import { shared } from '../shared/shared-words.ts'
import { CallDetails } from './call-details.tsx'
import { Now } from './now.tsx'
import { supervisor } from './supervisor-words.ts'
import { namesByAccount, type Workgroup } from './team.ts'
import { watchCalls } from './watch.ts'

const api = createPageApi()
const me = await whoIsThere(api)
const watch = watchCalls(api)

const KeptCalls = lazy(async () => ({ default: (await import('./kept-calls.tsx')).KeptCalls }))
const Figures = lazy(async () => ({ default: (await import('./figures.tsx')).Figures }))
/** Who belongs to a workgroup changes now and then, and no event of his calls tells of it. */
const TEAM_MS = 60_000

/** @returns undefined until it was read. */
function useTeam(): readonly Workgroup[] | undefined {
  const [workgroups, setWorkgroups] = useState<readonly Workgroup[]>()
  useEffect(() => {
    const read = () =>
      void api.get<{ readonly workgroups: readonly Workgroup[] }>('/api/v1/team').then(
        (team) => setWorkgroups(team.workgroups),
        () => undefined,
      )
    read()
    const timer = setInterval(read, TEAM_MS)
    return () => clearInterval(timer)
  }, [])
  return workgroups
}

function Supervisor() {
  const words = supervisor.value
  const workgroups = useTeam()
  const [at = 'now', ...rest] = place.value
  const agentOf = namesByAccount(workgroups ?? [])
  const seesSecure = me.scopes.includes('secure:read')
  const views = [
    ['now', words.live],
    ['history', words.history],
    ['figures', words.figures],
  ] as const
  useEffect(() => {
    document.title = `${shared.value.supervisor} · Sotto`
  }, [words])
  if (!me.scopes.includes('history:read'))
    return (
      <Frame at="supervisor" me={me} api={api}>
        <p class="notice warn">{words.noRole}</p>
      </Frame>
    )
  return (
    <Frame at="supervisor" me={me} api={api} isOnLine={watch.isOnLine.value}>
      <nav class="views" aria-label={words.views}>
        {views.map(([name, title]) => (
          <a key={name} href={addressOf(name)} aria-current={name === at ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <Suspense fallback={<p role="status">{shared.value.loading}</p>}>
        {at === 'history' ? (
          <KeptCalls api={api} rest={rest} agentOf={agentOf} seesSecure={seesSecure} />
        ) : at === 'figures' ? (
          <Figures api={api} />
        ) : at === 'call' ? (
          <CallDetails {...{ api, watch, agentOf, seesSecure }} key={rest[0]} callId={rest[0] ?? ''} />
        ) : (
          <Now api={api} watch={watch} workgroups={workgroups} seesSecure={seesSecure} />
        )}
      </Suspense>
    </Frame>
  )
}

render(<Supervisor />, document.getElementById('page') as HTMLElement)
