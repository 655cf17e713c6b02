/** How somebody gets in: setting a password, taking a lost second factor away, ending log-ins. */

import { useEffect, useState } from 'preact/hooks'
import { type Api, type ProblemBody, problemOf } from '../../shared/api.ts'
import { ProblemNotice } from '../../shared/pieces.tsx'
import { ScrolledTable } from '../../shared/scrolled-table.tsx'
import type { Me } from '../../shared/session.ts'
import { Confirm } from '../confirm.tsx'
import { pathOf } from '../entries/entries.ts'
import { TextField } from '../fields.tsx'
import { say } from '../said.tsx'
import { When } from '../when.tsx'
import { aPasswordOf } from './made-password.ts'

type LogIn = {
  readonly loginId: string
  readonly address: string
  readonly startedAt: string
  readonly lastUsedAt: string
}
type Way = {
  readonly password: boolean
  readonly secondFactor: boolean
  readonly recoveryCodes: number
  /** Tied to an account at the identity provider. */
  readonly provider: boolean
  readonly logIns: readonly LogIn[]
}
type WayProps = { readonly api: Api; readonly me: Me; readonly name: string }

export function WayIn({ api, me, name }: WayProps) {
  const [way, setWay] = useState<Way>()
  const [problem, setProblem] = useState<ProblemBody>()
  const [asks, setAsks] = useState<'factor' | 'provider' | 'log-ins'>()
  const path = pathOf('users', name)
  const load = () => api.get<Way>(`${path}/way-in`).then(setWay, (error: unknown) => setProblem(problemOf(error)))
  useEffect(() => void load(), [])
  const after = async (text: string) => {
    say(text)
    await load()
  }
  return (
    <section class="stack" aria-label="Way in">
      <ProblemNotice problem={problem} />
      {way && (
        <>
          <div class="card stack">
            <h2>Password</h2>
            <p>
              {way.password
                ? 'There is one. A new one ends every log-in of the user.'
                : 'There is none yet: the user cannot log in. Set one, and tell it to the user.'}
            </p>
            <SetPassword api={api} path={path} isOwn={me.name === name} onDone={after} />
          </div>
          <div class="card stack">
            <h2>Second factor</h2>
            <p>
              {way.secondFactor
                ? `Set up, with ${way.recoveryCodes} recovery codes left. Take it away when the user has lost it; a new one is set up at the next log-in where one is needed.`
                : 'Not set up. Whoever needs one sets it up at his next log-in.'}
            </p>
            {way.secondFactor && (
              <div class="row">
                <button type="button" class="danger" onClick={() => setAsks('factor')}>
                  Take the second factor away
                </button>
              </div>
            )}
          </div>
          {way.provider && (
            <div class="card stack">
              <h2>Account of the company</h2>
              <p>The user logs in with an account at the identity provider. Untie it when it is the wrong one.</p>
              <div class="row">
                <button type="button" class="danger" onClick={() => setAsks('provider')}>
                  Untie the account
                </button>
              </div>
            </div>
          )}
          <div class="card stack">
            <h2>Log-ins</h2>
            {way.logIns.length === 0 ? <p>The user is logged in nowhere.</p> : <LogIns logIns={way.logIns} />}
            {way.logIns.length > 0 && (
              <div class="row">
                <button type="button" class="danger" onClick={() => setAsks('log-ins')}>
                  End every log-in
                </button>
              </div>
            )}
          </div>
        </>
      )}
      {asks === 'factor' && (
        <Confirm
          title={`Take the second factor of ${name} away?`}
          does="Take it away"
          onClose={() => setAsks(undefined)}
          onYes={async () => {
            await api.ask('DELETE', `${path}/second-factor`)
            await after('The second factor is taken away, and every log-in of the user has ended.')
          }}
        >
          <p>
            Be sure that it is really this user who asks: with the password alone one gets in until a new one is set up.
          </p>
        </Confirm>
      )}
      {asks === 'provider' && (
        <Confirm
          title={`Untie ${name} from the account of the company?`}
          does="Untie it"
          onClose={() => setAsks(undefined)}
          onYes={async () => {
            await api.ask('DELETE', `${path}/openid-connect`)
            await after('It is untied, and every log-in of the user has ended.')
          }}
        >
          <p>The next account of this name at the identity provider that logs in is tied to the user instead.</p>
        </Confirm>
      )}
      {asks === 'log-ins' && (
        <Confirm
          title={`End every log-in of ${name}?`}
          does="End them"
          onClose={() => setAsks(undefined)}
          onYes={async () => {
            const { value } = await api.ask<{ readonly ended: number }>('DELETE', `${path}/log-ins`)
            await after(`Ended: ${value.ended}. Pages that are open say so at once.`)
          }}
        >
          <p>
            {me.name === name ? 'Yours is among them: you log in again.' : 'The user has to log in again everywhere.'}
          </p>
        </Confirm>
      )}
    </section>
  )
}

function LogIns({ logIns }: Pick<Way, 'logIns'>) {
  return (
    <ScrolledTable caption="Log-ins" kind="entries" heads={['From', 'Since', 'Last used']}>
      {logIns.map(({ loginId, address, startedAt, lastUsedAt }) => (
        <tr key={loginId}>
          <th scope="row">{address}</th>
          <td data-title="Since">
            <When at={startedAt} />
          </td>
          <td data-title="Last used">
            <When at={lastUsedAt} />
          </td>
        </tr>
      ))}
    </ScrolledTable>
  )
}

type SetProps = {
  readonly api: Api
  readonly path: string
  readonly isOwn: boolean
  readonly onDone: (text: string) => Promise<void>
}

function SetPassword({ api, path, isOwn, onDone }: SetProps) {
  const [password, setPassword] = useState('')
  const [isShown, setShown] = useState(false)
  const [problem, setProblem] = useState<ProblemBody>()
  const submit = async (event: Event) => {
    event.preventDefault()
    setProblem(undefined)
    try {
      await api.ask('PUT', `${path}/password`, { body: { password } })
      setPassword('')
      setShown(false)
      await onDone('The password is set. The user has to change it at the next log-in.')
    } catch (error) {
      setProblem(problemOf(error))
    }
  }
  return (
    <form class="stack" aria-label="Set a password" onSubmit={(event) => void submit(event)}>
      <ProblemNotice problem={problem?.status === 422 ? undefined : problem} />
      <TextField
        label="New password"
        hint="At least 12 characters. The user changes it at the next log-in, so that only the user knows it then."
        wrong={problem?.status === 422 ? `${problem.title}. ${problem.detail}` : undefined}
        type={isShown ? 'text' : 'password'}
        isRequired
        isName
        maxLength={256}
        value={password}
        onValue={setPassword}
      />
      <div class="row">
        <button type="submit" class="main" disabled={password === ''}>
          Set the password
        </button>
        <button
          type="button"
          onClick={() => {
            setPassword(aPasswordOf((count) => crypto.getRandomValues(new Uint8Array(count))))
            setShown(true)
          }}
        >
          Make one
        </button>
        <button type="button" aria-pressed={isShown} onClick={() => setShown(!isShown)}>
          Show it
        </button>
      </div>
      {isOwn && <p class="notice warn">This is yourself: to change your own password ends this log-in.</p>}
    </form>
  )
}
