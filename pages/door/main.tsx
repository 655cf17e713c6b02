/** The page where one logs in; whoever is logged in goes on to his page. */

import { render } from 'preact'
import '../shared/base.css'
import './door.css'
import { createApi, Problem } from '../shared/api.ts'
import { Frame, waysOf } from '../shared/frame.tsx'
import { type Me, wayBack } from '../shared/session.ts'
import { ChangePassword } from './change-password.tsx'
import { Enrol } from './enrol.tsx'
import { LogIn } from './log-in.tsx'

const api = createApi()
const at = document.getElementById('page') as HTMLElement

/** One step after the other, until nothing is left to do. */
function show(me: Me | undefined): void {
  if (me?.mustDo === 'nothing') {
    location.replace(wayBack(location.search) ?? `/${waysOf(me)[0]}/`)
    return
  }
  const again = () => void api.get<Me>('/api/v1/me').then(show)
  render(
    <Frame at="door">
      <div class="door card stack">
        {me === undefined && <LogIn api={api} onDone={show} />}
        {me?.mustDo === 'change-password' && <ChangePassword api={api} onDone={again} />}
        {me?.mustDo === 'enrol' && <Enrol api={api} onDone={again} />}
      </div>
    </Frame>,
    at,
  )
}

show(
  await api.get<Me>('/api/v1/me').catch((error: unknown) => {
    if (error instanceof Problem) return undefined
    throw error
  }),
)
