/** Trunks, routes and phones: those of the configuration file to be read, those of the directory to be made, changed and removed, by fields that the server's schema says. */

import type { ComponentChildren } from 'preact'
import { shared } from '../../shared/shared-words.ts'
import { EntryEditor } from '../entries/editor.tsx'
import type { About, Body, PlanAbout } from '../entries/entries.ts'
import { EntryList } from '../entries/list.tsx'
import type { Entry } from '../entries/use-entry.ts'
import { freshOf, labelOf } from '../schema/node.ts'
import { type Offered, SchemaMembers } from '../schema/schema-fields.tsx'
import { useSchema } from '../schema/use-schema.ts'
import type { SectionProps } from '../section.ts'
import { type PlanKind, referencesTo } from './references.ts'

type PlanEntry = About & PlanAbout & Body

export type PlanTerms = {
  readonly kind: PlanKind
  readonly title: string
  readonly noun: string
  readonly empty: string
  readonly nameHint: string
  readonly removeWarning: string
  /** What is shown of each beside its name and where it is from. */
  readonly columns: readonly { readonly title: string; readonly of: (entry: PlanEntry) => ComponentChildren }[]
  /** Names that may be meant, by place. */
  readonly offered?: Offered
  /** What is shown above the settings of one. */
  readonly above?: (name: string) => ComponentChildren
}

type PlanProps = Omit<SectionProps, 'me'> & { readonly terms: PlanTerms }

const EFFECT = 'It counts at once, for the next call; calls that stand go on, and nothing needs a restart.'
const IN_FILE =
  'This one stands in the configuration file (sotto.yaml). It is changed there and taken over under Configuration; here it can only be read.'

export function PlanSection({ api, rest: [name, view], terms }: PlanProps) {
  const schema = useSchema(api, terms.kind)
  if (name === undefined)
    return (
      <EntryList<PlanEntry>
        api={api}
        kind={terms.kind}
        title={terms.title}
        noun={terms.noun}
        empty={terms.empty}
        columns={[...terms.columns, { title: 'From', of: originOf }]}
      />
    )
  if (schema === undefined) return <p role="status">{shared.value.loading}</p>
  const labels = Object.fromEntries(Object.keys(schema.properties ?? {}).map((member) => [member, labelOf(member)]))
  return (
    <EntryEditor<Body>
      key={name}
      api={api}
      kind={terms.kind}
      name={name}
      view={view}
      title={terms.title}
      noun={terms.noun}
      fresh={freshOf(schema)}
      labels={labels}
      nameHint={terms.nameHint}
      effect={EFFECT}
      removeWarning={terms.removeWarning}
      findReferences={(by, of) => referencesTo(by, terms.kind, of)}
      fixed={({ about }) => (about?.origin === 'file' ? IN_FILE : undefined)}
    >
      {(entry) => (
        <>
          <NotInUse entry={entry} />
          {!entry.isNew && terms.above?.(name)}
          <SchemaMembers
            node={schema}
            place=""
            body={entry.body}
            troubles={entry.troubles}
            secrets={entry.about?.secrets ?? []}
            offered={terms.offered ?? {}}
            onBody={entry.setBody}
          />
        </>
      )}
    </EntryEditor>
  )
}

function NotInUse({ entry: { about } }: { readonly entry: Entry<Body> }) {
  if (about?.inUse !== false) return null
  return (
    <div class="notice warn">
      <p>
        <strong>It is not in use.</strong> What follows has to be put right first:
      </p>
      <ul>
        {about.problems?.map(({ key, says, advice }) => (
          <li key={`${key} ${says}`}>
            <code>{key}</code> {says} {advice}
          </li>
        ))}
      </ul>
    </div>
  )
}

function originOf({ origin, inUse }: PlanEntry) {
  return (
    <span class="row tight">
      {origin === 'file' ? 'Configuration file' : 'Made here'}
      {!inUse && <span class="badge bad">Not in use</span>}
    </span>
  )
}
