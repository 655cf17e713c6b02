/** Supervisor. */

import { render } from 'preact'
import '../shared/base.css'
import { Frame } from '../shared/frame.tsx'
import { createPageApi, whoIsThere } from '../shared/session.ts'

const api = createPageApi()
const me = await whoIsThere(api)
render(
  <Frame at="supervisor" me={me} api={api}>
    <h1>Supervisor</h1>
  </Frame>,
  document.getElementById('page') as HTMLElement,
)
