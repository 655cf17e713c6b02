/** Users: who works with Sotto, at which phone, and what he may. */

import type { Bodies } from '../../../src/directory/bodies.ts'
import type { Api } from '../../shared/api.ts'
import { EntryEditor } from '../entries/editor.tsx'
import { everyEntry } from '../entries/entries.ts'
import { EntryList } from '../entries/list.tsx'
import type { Reference } from '../entries/remove.tsx'
import { CheckField, TextField } from '../fields.tsx'
import { GrantsField } from '../rights/grants.tsx'
import type { SectionProps } from '../section.ts'
import { useNames } from '../use-names.ts'
import { EffectiveRights } from './effective-rights.tsx'
import { WayIn } from './way-in.tsx'

type User = Bodies['users']

const FRESH: User = { displayName: '', disabled: false, administrator: false, rights: {} }
const LABELS = {
  name: 'Name',
  displayName: 'Display name',
  disabled: 'Disabled',
  administrator: 'Administrator',
  phone: 'Phone',
  rights: 'Rights',
}

export function Users({ api, me, rest: [name, view] }: SectionProps) {
  const phones = useNames(api, 'phones')
  if (name === undefined) return <UserList api={api} />
  return (
    <EntryEditor<User>
      key={name}
      api={api}
      kind="users"
      name={name}
      view={view}
      title="Users"
      noun="user"
      fresh={FRESH}
      labels={LABELS}
      nameHint="What he logs in with: letters, digits, dot, dash and underscore. It never changes."
      next="way-in"
      effect="It counts from the next request on; nothing needs a restart."
      findReferences={workgroupsOf}
      removeWarning="The log-ins and API tokens of the user end at once; the history stays."
      views={[
        { name: 'way-in', title: 'Way in', of: () => <WayIn api={api} me={me} name={name} /> },
        { name: 'rights', title: 'Effective rights', of: () => <EffectiveRights api={api} name={name} /> },
      ]}
    >
      {({ body, set, troubles }) => (
        <>
          <TextField
            label="Display name"
            hint="Shown to people; the name when it is empty."
            maxLength={128}
            wrong={troubles.at('displayName')}
            value={body.displayName}
            onValue={(value) => set('displayName', value)}
          />
          <TextField
            label="Phone"
            hint="Account of the phone that he works at. The calls of this phone are his."
            isName
            maxLength={64}
            offered={phones}
            wrong={troubles.at('phone')}
            value={body.phone ?? ''}
            onValue={(value) => set('phone', value === '' ? undefined : value)}
          />
          <CheckField
            label="Administrator"
            hint="May everything here, and sees the calls of everybody."
            value={body.administrator}
            onValue={(value) => set('administrator', value)}
          />
          <CheckField
            label="Disabled"
            hint="May nothing at all; log-ins end at once. The entry and its history stay."
            value={body.disabled}
            onValue={(value) => set('disabled', value)}
          />
          {name === me.name && (body.disabled || !body.administrator) && (
            <p class="notice warn">This is yourself: with this saved, you may administer no more.</p>
          )}
          <GrantsField
            rights={body.rights}
            hint="They count for this user, beside those of the workgroups."
            onRights={(rights) => set('rights', rights)}
          />
        </>
      )}
    </EntryEditor>
  )
}

function UserList({ api }: { readonly api: Api }) {
  return (
    <EntryList<User>
      api={api}
      kind="users"
      title="Users"
      noun="user"
      empty="There is no user yet. Make one with “New user”, set a password in “Way in”, and give the phone that the user works at."
      columns={[
        { title: 'Display name', of: ({ displayName }) => displayName && <bdi>{displayName}</bdi> },
        { title: 'Phone', of: ({ phone }) => phone },
        { title: 'Is', of: badgesOf },
      ]}
    />
  )
}

function badgesOf({ administrator, disabled }: User) {
  return (
    <span class="row tight">
      {administrator && <span class="badge">Administrator</span>}
      <span class={`badge ${disabled ? 'bad' : 'good'}`}>{disabled ? 'Disabled' : 'Enabled'}</span>
    </span>
  )
}

async function workgroupsOf(api: Api, name: string): Promise<readonly Reference[]> {
  const groups = await everyEntry<Bodies['workgroups']>(api, 'workgroups')
  return groups.flatMap((group) => [
    ...(group.members.includes(name)
      ? [{ kind: 'workgroups', name: group.name, says: 'the user is a member' } as const]
      : []),
    ...(group.supervisors.includes(name)
      ? [{ kind: 'workgroups', name: group.name, says: 'the user is a supervisor' } as const]
      : []),
  ])
}
