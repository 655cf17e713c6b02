/** Workgroups: who works at the same, who looks after them, which forms they choose from, and what they may (PC-39 to PC-44). */

import type { Bodies } from '../../../src/directory/bodies.ts'
import type { Api } from '../../shared/api.ts'
import { addressOf } from '../../shared/place.ts'
import { EntryEditor } from '../entries/editor.tsx'
import type { Body } from '../entries/entries.ts'
import { EntryList } from '../entries/list.tsx'
import { TextField } from '../fields.tsx'
import { NamePicker } from '../picker.tsx'
import { GrantsField } from '../rights/grants.tsx'
import { SchemaRest } from '../schema/schema-rest.tsx'
import type { SectionProps } from '../section.ts'
import { Matrix } from './matrix.tsx'

type Workgroup = Bodies['workgroups']

const FRESH: Workgroup = { displayName: '', members: [], supervisors: [], forms: [], rights: {} }
const LABELS = {
  name: 'Name',
  displayName: 'Display name',
  members: 'Members',
  supervisors: 'Supervisors',
  forms: 'Forms',
  rights: 'Rights',
}

export function Workgroups({ api, rest: [name, view] }: SectionProps) {
  if (name === undefined) return <WorkgroupList api={api} />
  return (
    <EntryEditor<Workgroup>
      key={name}
      api={api}
      kind="workgroups"
      name={name}
      view={view}
      title="Workgroups"
      noun="workgroup"
      fresh={FRESH}
      labels={LABELS}
      effect="It counts from the next secure session on; nothing needs a restart."
      findReferences={async () => []}
      removeWarning="Its members lose the forms and rights that they have by it; the users themselves stay."
      views={[
        {
          name: 'matrix',
          title: 'What members may',
          of: ({ body }) => <Matrix api={api} edited={{ ...body, name }} />,
        },
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
          <NamePicker
            api={api}
            kind="users"
            legend="Members"
            hint="Users who get the forms and rights of the workgroup."
            noun="user"
            none="There is no other user: make one under Users first."
            chosen={body.members}
            troubles={troubles}
            place="members"
            onChosen={(chosen) => set('members', chosen)}
          />
          <NamePicker
            api={api}
            kind="users"
            legend="Supervisors"
            hint="Users who see the calls of its members."
            noun="user"
            none="There is no other user: make one under Users first."
            chosen={body.supervisors}
            troubles={troubles}
            place="supervisors"
            onChosen={(chosen) => set('supervisors', chosen)}
          />
          <NamePicker
            api={api}
            kind="forms"
            legend="Forms"
            hint="Its members choose from them in this order; where there is one, it is taken at once."
            noun="form"
            none="There is no other form: make one under Forms first."
            isOrdered
            chosen={body.forms}
            troubles={troubles}
            place="forms"
            onChosen={(chosen) => set('forms', chosen)}
          />
          <GrantsField
            rights={body.rights}
            hint="They count for every member."
            onRights={(rights) => set('rights', rights)}
          />
          <SchemaRest
            api={api}
            kind="workgroups"
            known={Object.keys(LABELS)}
            body={body as Body}
            troubles={troubles}
            onMember={(member, value) => set(member as keyof Workgroup, value as never)}
          />
        </>
      )}
    </EntryEditor>
  )
}

function WorkgroupList({ api }: { readonly api: Api }) {
  return (
    <EntryList<Workgroup>
      api={api}
      kind="workgroups"
      title="Workgroups"
      noun="workgroup"
      empty="There is no workgroup yet. Make users and a form first; then make a workgroup with both, and allow its members to see and start Secure Input."
      columns={[
        { title: 'Display name', of: ({ displayName }) => displayName && <bdi>{displayName}</bdi> },
        { title: 'Members', of: ({ members }) => members.length },
        { title: 'Supervisors', of: ({ supervisors }) => supervisors.length },
        { title: 'Forms', of: ({ forms }) => <Forms forms={forms} /> },
        { title: 'Rights', of: ({ rights }) => <RightBadges rights={rights} /> },
      ]}
    />
  )
}

function Forms({ forms }: Pick<Workgroup, 'forms'>) {
  if (forms.length === 0) return <span class="quiet">none: its members have nothing to choose</span>
  return (
    <>
      {forms.map((form, at) => (
        <span key={form}>
          {at > 0 && ', '}
          <a href={addressOf('forms', form)}>{form}</a>
        </span>
      ))}
    </>
  )
}

function RightBadges({ rights }: Pick<Workgroup, 'rights'>) {
  return (
    <span class="row tight">
      {Object.entries(rights).map(([right, effect]) => (
        <span key={right} class={`badge ${effect === 'deny' ? 'bad' : 'good'}`}>
          {effect === 'deny' ? 'denies' : 'allows'} {right.split(':')[1]}
        </span>
      ))}
    </span>
  )
}
