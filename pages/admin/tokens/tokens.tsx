/** API tokens: which there are, a new one that is shown once, and revoking. */

import { useEffect, useState } from 'preact/hooks'
import { type ProblemBody, problemOf } from '../../shared/api.ts'
import { ProblemNotice } from '../../shared/pieces.tsx'
import { addressOf, goTo } from '../../shared/place.ts'
import { ScrolledTable } from '../../shared/scrolled-table.tsx'
import { shared } from '../../shared/shared-words.ts'
import { Confirm } from '../confirm.tsx'
import { NEW } from '../entries/entries.ts'
import { say } from '../said.tsx'
import type { SectionProps } from '../section.ts'
import { namesByIds } from '../user-names.ts'
import { When } from '../when.tsx'
import { NewToken } from './new-token.tsx'
import { standingOf } from './standing.ts'

type Token = {
  readonly tokenId: string
  readonly name: string
  readonly prefix: string
  readonly userId: string
  readonly scopes: readonly string[]
  readonly createdAt: string
  readonly expiresAt: string
  readonly lastUsedAt?: string
}

export function Tokens({ api, me, rest: [name] }: SectionProps) {
  return name === NEW ? <NewToken api={api} me={me} /> : <TokenList api={api} />
}

function TokenList({ api }: Pick<SectionProps, 'api'>) {
  const [tokens, setTokens] = useState<readonly Token[]>()
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map())
  const [problem, setProblem] = useState<ProblemBody>()
  const [revoked, setRevoked] = useState<Token>()
  const load = async () => {
    // Together: without the names everybody would be a user who has gone.
    const [answer, names] = await Promise.all([
      api.get<{ readonly tokens: readonly Token[] }>('/api/v1/tokens'),
      namesByIds(api),
    ])
    setTokens(answer.tokens.toSorted((one, other) => (one.createdAt < other.createdAt ? 1 : -1)))
    setNames(names)
  }
  useEffect(() => void load().catch((error: unknown) => setProblem(problemOf(error))), [])
  return (
    <section class="stack" aria-label="API tokens">
      <div class="row">
        <h1>API tokens</h1>
        <a class="button end" href={addressOf('tokens', NEW)}>
          New API token
        </a>
      </div>
      <p class="quiet">
        For programs: each may what it was made for and its user still may, until it expires or is revoked.
      </p>
      <ProblemNotice problem={problem} />
      {tokens === undefined && problem === undefined && <p role="status">{shared.value.loading}</p>}
      {tokens?.length === 0 && (
        <p class="notice">
          There is no API token yet. Make one for each program that uses the API, with as little as it needs.
        </p>
      )}
      {tokens !== undefined && tokens.length > 0 && (
        <ScrolledTable
          caption="API tokens"
          kind="entries"
          heads={['What for', 'User', 'Begins with', 'May', 'Expires', 'Last used', 'Revoke']}
        >
          {tokens.map((token) => (
            <tr key={token.tokenId}>
              <th scope="row">
                <bdi>{token.name}</bdi>
              </th>
              <td data-title="User">{names.get(token.userId) ?? 'a user who has gone'}</td>
              <td data-title="Begins with">
                <code class="kept">{token.prefix}…</code>
              </td>
              <td data-title="May">{token.scopes.join(', ')}</td>
              <td data-title="Expires">
                <When at={token.expiresAt} /> <Standing token={token} />
              </td>
              <td data-title="Last used">
                {token.lastUsedAt === undefined ? 'never' : <When at={token.lastUsedAt} />}
              </td>
              <td data-title="Revoke">
                <button
                  type="button"
                  class="danger"
                  aria-label={`Revoke ${token.name}`}
                  onClick={() => setRevoked(token)}
                >
                  Revoke
                </button>
              </td>
            </tr>
          ))}
        </ScrolledTable>
      )}
      {revoked && (
        <Confirm
          title={`Revoke ${revoked.name}?`}
          does="Revoke it"
          onClose={() => setRevoked(undefined)}
          onYes={async () => {
            await api.ask('DELETE', `/api/v1/tokens/${revoked.tokenId}`)
            say('It is revoked; what it was used for has ended.')
            goTo('tokens')
            await load()
          }}
        >
          <p>
            The program that has it is cut off at once. It begins with <code>{revoked.prefix}</code>.
          </p>
        </Confirm>
      )}
    </section>
  )
}

function Standing({ token }: { readonly token: Token }) {
  const standing = standingOf(Date.parse(token.expiresAt), Date.now())
  if (standing === 'good') return null
  return (
    <span class={`badge ${standing === 'expired' ? 'bad' : 'warn'}`}>
      {standing === 'expired' ? 'Expired' : 'Expires soon'}
    </span>
  )
}
