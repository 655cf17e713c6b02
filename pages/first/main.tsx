/** The first run: by the link of the terminal one makes the administrator; whoever is logged in finds the way to a first secure call. */

import { render } from 'preact'
import { useState } from 'preact/hooks'
import '../shared/base.css'
import './first.css'
import { createApi } from '../shared/api.ts'
import { Frame } from '../shared/frame.tsx'
import { createPageApi, type Me, whoIsThere } from '../shared/session.ts'
import { Create } from './create.tsx'
import { first } from './first-words.ts'
import { GuideView } from './guide.tsx'

const GUIDE = '/first/#/call'
const secret = location.hash.startsWith('#/') ? '' : location.hash.slice(1)
// It is nobody's business who looks at the address or goes back to it.
if (secret !== '') history.replaceState(null, '', '/first/')
const open = createApi()

function Guided({ me, api }: { readonly me: Me; readonly api: ReturnType<typeof createApi> }) {
  const [isOnLine, setOnLine] = useState(true)
  return (
    <Frame at="first" me={me} api={api} isOnLine={isOnLine}>
      <GuideView api={api} onLine={setOnLine} />
    </Frame>
  )
}

function Void() {
  const words = first.value
  return (
    <div class="card narrow stack">
      <h1>{words.voidTitle}</h1>
      <p>{words.voidWhy}</p>
      <p>
        <a href="/">{words.toLogIn}</a>
      </p>
    </div>
  )
}

async function view() {
  if (location.hash.startsWith('#/')) {
    const api = createPageApi()
    return <Guided me={await whoIsThere(api)} api={api} />
  }
  const state = await open.get<{ readonly open: boolean }>('/api/v1/first-run')
  return (
    <Frame at="first">
      {state.open && secret !== '' ? (
        <Create api={open} secret={secret} onDone={() => location.assign(`/?to=${encodeURIComponent(GUIDE)}`)} />
      ) : (
        <Void />
      )}
    </Frame>
  )
}

render(await view(), document.getElementById('page') as HTMLElement)
