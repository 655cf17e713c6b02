/** What lookups of a form's add-in prove themselves with: written, and never read (PC-88). */

import type { Troubles } from '../entries/troubles.ts'
import { TextField } from '../fields.tsx'
import { replaced } from '../moved.ts'
import type { FormSecret } from './words.ts'

type SecretsProps = {
  readonly secrets: readonly FormSecret[]
  /** Names of those that are set. */
  readonly known: readonly string[]
  readonly troubles: Troubles
  readonly onSecrets: (secrets: readonly FormSecret[]) => void
}

const MOST = 10

export function SecretsField({ secrets, known, troubles, onSecrets }: SecretsProps) {
  const wrong = troubles.at('secrets')
  return (
    <fieldset class="stack">
      <legend>Secrets</legend>
      <p class="quiet">
        For lookups of the add-in alone, under the names that its <code>add-in.json</code> has for them. They go to no
        browser and to no validation service, and are never shown.
      </p>
      {wrong && <p class="wrong">{wrong}</p>}
      {secrets.map((secret, at) => (
        <fieldset key={at} aria-label={`Secret ${at + 1}`} class="bare columns">
          <TextField
            label="Secret"
            isName
            isRequired
            maxLength={64}
            wrong={troubles.at(`secrets[${at}].name`)}
            value={secret.name}
            onValue={(name) => onSecrets(replaced(secrets, at, { ...secret, name }))}
          />
          <TextField
            label="Its value"
            type="password"
            maxLength={1024}
            hint={known.includes(secret.name) ? 'It is set. Leave this empty to keep it.' : 'It is not set yet.'}
            wrong={troubles.at(`secrets[${at}].value`)}
            value={secret.value ?? ''}
            onValue={(value) =>
              onSecrets(replaced(secrets, at, { name: secret.name, ...(value === '' ? {} : { value }) }))
            }
          />
          <button
            type="button"
            aria-label={`Take out secret ${at + 1}`}
            onClick={() => onSecrets(secrets.filter((_, each) => each !== at))}
          >
            Take out
          </button>
        </fieldset>
      ))}
      <div class="row">
        <button type="button" disabled={secrets.length >= MOST} onClick={() => onSecrets([...secrets, { name: '' }])}>
          Add a secret
        </button>
      </div>
    </fieldset>
  )
}
