/** Forms: what an agent fills in before a secure session, and which flow the session takes (PC-25 to PC-38). */

import { useEffect, useState } from 'preact/hooks'
import type { Api } from '../../shared/api.ts'
import { addressOf } from '../../shared/place.ts'
import { EntryEditor } from '../entries/editor.tsx'
import { everyEntry } from '../entries/entries.ts'
import { EntryList } from '../entries/list.tsx'
import type { Reference } from '../entries/remove.tsx'
import type { Entry } from '../entries/use-entry.ts'
import { SelectField, TextField } from '../fields.tsx'
import type { SectionProps } from '../section.ts'
import { AttributesField } from './attributes-field.tsx'
import { ComponentField } from './component-field.tsx'
import { FieldsField } from './fields-field.tsx'
import { flowChoices, type PublishedFlow } from './flow-choices.ts'
import { Preview } from './preview.tsx'
import { SecretsField } from './secrets-field.tsx'
import { textIn } from './texts.ts'
import { TextsField } from './texts-field.tsx'
import { type Form, LABELS } from './words.ts'

const FRESH: Form = {
  type: 'simple',
  displayName: '',
  title: '',
  description: '',
  flow: '',
  fields: [],
  attributes: [],
  secrets: [],
  notes: '',
}

export function Forms({ api, rest: [name, view] }: SectionProps) {
  if (name === undefined) return <FormList api={api} />
  return (
    <EntryEditor<Form>
      key={name}
      api={api}
      kind="forms"
      name={name}
      view={view}
      title="Forms"
      noun="form"
      fresh={FRESH}
      labels={LABELS}
      effect="It counts from the next secure session on; nothing needs a restart."
      findReferences={workgroupsWith}
      removeWarning="Sessions that run go on; the history stays."
      views={[{ name: 'preview', title: 'What an agent sees', of: ({ body }) => <Preview form={body} name={name} /> }]}
    >
      {(entry) => <Settings api={api} entry={entry} />}
    </EntryEditor>
  )
}

function Settings({ api, entry }: { readonly api: Api; readonly entry: Entry<Form> }) {
  const [flows, setFlows] = useState<readonly PublishedFlow[]>([])
  useEffect(() => {
    // Without the list one sees what is chosen, and the server says what it thinks of it.
    api.get<{ readonly flows: readonly PublishedFlow[] }>('/api/v1/flows').then(
      (answer) => setFlows(answer.flows),
      () => undefined,
    )
  }, [api])
  const { body, set, troubles } = entry
  const choices = flowChoices(flows)
  return (
    <>
      <TextsField
        label={LABELS.displayName}
        hint="Shown where a form is chosen; the name when it is empty."
        maxLength={128}
        place="displayName"
        troubles={troubles}
        value={body.displayName}
        onValue={(value) => set('displayName', value)}
      />
      <TextsField
        label={LABELS.title}
        hint="Above the fields; the display name when it is empty."
        maxLength={128}
        place="title"
        troubles={troubles}
        value={body.title}
        onValue={(value) => set('title', value)}
      />
      <TextsField
        label={LABELS.description}
        hint="What the form is for; shown where a form is chosen."
        isLong
        maxLength={2000}
        place="description"
        troubles={troubles}
        value={body.description}
        onValue={(value) => set('description', value)}
      />
      <SelectField
        label={LABELS.flow}
        hint={
          choices.length === 0
            ? 'No flow is published yet: publish one first.'
            : 'What the caller hears and keys. Only published flows can be chosen.'
        }
        wrong={troubles.at('flow')}
        value={body.flow}
        choices={choices}
        onValue={(value) => set('flow', value)}
      />
      <SelectField
        label={LABELS.type}
        hint="A simple form is drawn from its fields; a custom one by an add-in of yours."
        wrong={troubles.at('type')}
        value={body.type}
        choices={[
          { value: 'simple', text: 'Simple' },
          { value: 'custom', text: 'Custom' },
        ]}
        onValue={(value) => {
          set('type', value === 'custom' ? 'custom' : 'simple')
          if (value !== 'custom') set('component', undefined)
        }}
      />
      {body.type === 'custom' && (
        <ComponentField
          api={api}
          wrong={troubles.at('component')}
          value={body.component ?? ''}
          onValue={(value) => set('component', value === '' ? undefined : value)}
        />
      )}
      <FieldsField fields={body.fields} troubles={troubles} onFields={(fields) => set('fields', fields)} />
      <AttributesField
        attributes={body.attributes}
        troubles={troubles}
        onAttributes={(attributes) => set('attributes', attributes)}
      />
      {(body.type === 'custom' || body.secrets.length > 0) && (
        <SecretsField
          secrets={body.secrets}
          known={entry.known.secrets.map(({ name }) => name)}
          troubles={troubles}
          onSecrets={(secrets) => set('secrets', secrets)}
        />
      )}
      <TextField
        label={LABELS.notes}
        hint="For whoever looks after the form; agents do not see them."
        isLong
        maxLength={2000}
        wrong={troubles.at('notes')}
        value={body.notes}
        onValue={(value) => set('notes', value)}
      />
    </>
  )
}

function FormList({ api }: { readonly api: Api }) {
  return (
    <EntryList<Form>
      api={api}
      kind="forms"
      title="Forms"
      noun="form"
      empty="There is no form yet. Make one with “New form”, choose its flow, and give it to a workgroup: then its members can start secure sessions."
      columns={[
        { title: 'Display name', of: ({ displayName }) => displayName !== '' && <bdi>{textIn(displayName)}</bdi> },
        { title: 'Type', of: ({ type }) => (type === 'custom' ? 'Custom' : 'Simple') },
        { title: 'Flow', of: ({ flow }) => <code>{flow}</code> },
        { title: 'Fields', of: ({ fields }) => fields.length },
      ]}
    >
      <p class="quiet">
        Forms take no card numbers: those are keyed by callers alone. Give a form to people under{' '}
        <a href={addressOf('workgroups')}>Workgroups</a>.
      </p>
    </EntryList>
  )
}

async function workgroupsWith(api: Api, name: string): Promise<readonly Reference[]> {
  const groups = await everyEntry<{ readonly forms: readonly string[] }>(api, 'workgroups')
  return groups
    .filter(({ forms }) => forms.includes(name))
    .map((group) => ({ kind: 'workgroups', name: group.name, says: 'its members choose from it' }))
}
