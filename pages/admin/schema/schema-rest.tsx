/** What the schema of a kind has beside what its page draws by itself, such as options of the recording notice: a setting that the server gains is there at once. */

import type { Api } from '../../shared/api.ts'
import type { Body, Kind } from '../entries/entries.ts'
import type { Troubles } from '../entries/troubles.ts'
import { SchemaMember } from './schema-fields.tsx'
import { useSchema } from './use-schema.ts'

type RestProps = {
  readonly api: Api
  readonly kind: Kind
  /** Members that the page draws. */
  readonly known: readonly string[]
  readonly body: Body
  readonly troubles: Troubles
  readonly onMember: (member: string, value: unknown) => void
}

export function SchemaRest({ api, kind, known, body, troubles, onMember }: RestProps) {
  const schema = useSchema(api, kind)
  const members = Object.entries(schema?.properties ?? {}).filter(([member]) => !known.includes(member))
  if (members.length === 0) return null
  return (
    <fieldset class="stack">
      <legend>More</legend>
      {members.map(([member, node]) => (
        <SchemaMember
          key={member}
          member={member}
          node={node}
          isRequired={schema?.required?.includes(member) === true && node.default === undefined}
          place={member}
          value={body[member]}
          troubles={troubles}
          secrets={[]}
          onValue={(value) => onMember(member, value)}
        />
      ))}
    </fieldset>
  )
}
