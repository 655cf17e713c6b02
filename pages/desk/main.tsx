/** The agent's desk. */

import { render } from 'preact'
import '../shared/base.css'
import './desk.css'
import { Frame } from '../shared/frame.tsx'
import { language } from '../shared/language.ts'
import { createPageApi, whoIsThere } from '../shared/session.ts'
import { chime, titleAlert } from './alert.ts'
import { DeskView } from './desk.tsx'
import { createDeskStore } from './desk-store.ts'
import { desk as deskWords } from './desk-words.ts'

const api = createPageApi()
const me = await whoIsThere(api)
const store = createDeskStore({
  api,
  me,
  language: () => language.value,
  onChange: ({ type }) => {
    if (type !== 'sotto-secure-ended') return
    chime()
    titleAlert(deskWords.value.backTitle)
  },
})

function Page() {
  return (
    <Frame at="desk" me={me} api={api} isOnLine={store.isOnLine.value}>
      <DeskView store={store} me={me} isEmbedded={false} />
    </Frame>
  )
}

render(<Page />, document.getElementById('page') as HTMLElement)
