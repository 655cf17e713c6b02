/** Fields drawn from a schema, for entries whose settings are those of the configuration. */

import { useState } from 'preact/hooks'
import type { Body } from '../entries/entries.ts'
import type { Troubles } from '../entries/troubles.ts'
import { CheckField, SelectField, TextField } from '../fields.tsx'
import { replaced } from '../moved.ts'
import { drawingOf, freshOf, hintOf, labelOf, linesOf, type SchemaNode, withinSentence } from './node.ts'
import { SecretField } from './secret-field.tsx'

export type Offered = Readonly<Record<string, readonly string[]>>

export type MemberProps = {
  readonly member: string
  readonly node: SchemaNode
  readonly isRequired: boolean
  /** Where it is, as the server names places. */
  readonly place: string
  readonly value: unknown
  readonly troubles: Troubles
  /** Places of secrets that are set. */
  readonly secrets: readonly string[]
  /** Names that may be meant, by place. */
  readonly offered?: Offered
  /** Undefined takes it away. */
  readonly onValue: (value: unknown) => void
}

/** One member, and what is within it. */
export function SchemaMember(props: MemberProps) {
  const { member, node, isRequired, place, value, troubles, offered, onValue } = props
  const drawing = drawingOf(node)
  const common = { label: labelOf(member), hint: hintOf(node), wrong: troubles.at(place) }
  if (drawing === 'check')
    return (
      <CheckField {...common} value={value === undefined ? node.default === true : value === true} onValue={onValue} />
    )
  if (drawing === 'choice') {
    const choices = (node.enum ?? []).map((each) => ({ value: String(each), text: String(each) }))
    return (
      <SelectField
        {...common}
        value={String(value ?? node.default ?? '')}
        choices={isRequired || node.default !== undefined ? choices : [{ value: '', text: 'Not set' }, ...choices]}
        onValue={(text) => onValue(text === '' ? undefined : node.enum?.find((each) => String(each) === text))}
      />
    )
  }
  if (drawing === 'number')
    return (
      <TextField
        {...common}
        type="number"
        value={value === undefined ? '' : String(value)}
        onValue={(text) => onValue(text === '' ? undefined : Number(text))}
      />
    )
  if (drawing === 'text')
    return (
      <TextField
        {...common}
        isName
        isRequired={isRequired}
        offered={offered?.[place]}
        value={typeof value === 'string' ? value : ''}
        onValue={(text) => onValue(text === '' && !isRequired ? undefined : text)}
      />
    )
  if (drawing === 'secret') return <SecretField {...props} {...common} />
  if (drawing === 'lines') return <Lines {...props} {...common} />
  if (drawing === 'group') return <Group {...props} />
  if (drawing === 'rows') return <GroupRows {...props} />
  return null
}

type LinesProps = MemberProps & { readonly label: string; readonly hint: string; readonly wrong: string | undefined }

/** What is typed stays as it is while it is typed, empty lines too. */
function Lines({ label, hint, wrong, place, value, troubles, isRequired, onValue }: LinesProps) {
  const list = Array.isArray(value) ? value.map(String) : []
  const [text, setText] = useState(list.join('\n'))
  const shown = linesOf(text).join('\n') === list.join('\n') ? text : list.join('\n')
  const inside = list.flatMap((_, at) => troubles.at(`${place}[${at}]`) ?? [])
  return (
    <TextField
      label={label}
      hint={`${hint} One a line.`}
      wrong={[wrong, ...inside].filter(Boolean).join(' ') || undefined}
      isLong
      value={shown}
      onValue={(typed) => {
        setText(typed)
        const lines = linesOf(typed)
        onValue(lines.length === 0 && !isRequired ? undefined : lines)
      }}
    />
  )
}

/** A group that may be absent has a box that makes and takes it away. */
function Group({ member, node, isRequired, place, value, troubles, secrets, offered = {}, onValue }: MemberProps) {
  const isThere = value !== undefined || isRequired
  const wrong = troubles.at(place)
  return (
    <fieldset class="stack">
      <legend>{labelOf(member)}</legend>
      {node.description && <p class="quiet">{node.description}</p>}
      {wrong && <p class="wrong">{wrong}</p>}
      {!isRequired && (
        <CheckField
          label={`Set ${withinSentence(labelOf(member))}`}
          value={isThere}
          onValue={(isOn) => onValue(isOn ? freshOf(node) : undefined)}
        />
      )}
      {isThere && (
        <SchemaMembers
          node={node}
          place={`${place}.`}
          body={(value ?? {}) as Body}
          troubles={troubles}
          secrets={secrets}
          offered={offered}
          onBody={onValue}
        />
      )}
    </fieldset>
  )
}

function GroupRows({ member, node, isRequired, place, value, troubles, secrets, onValue }: MemberProps) {
  const rows = Array.isArray(value) ? (value as Body[]) : []
  const title = labelOf(member)
  const { items = {} } = node
  const put = (next: readonly Body[]) => onValue(next.length === 0 && !isRequired ? undefined : next)
  return (
    <fieldset class="stack">
      <legend>{title}</legend>
      {node.description && <p class="quiet">{node.description}</p>}
      {troubles.at(place) && <p class="wrong">{troubles.at(place)}</p>}
      {rows.map((row, at) => (
        <fieldset key={at} class="stack">
          <legend>{`${title} ${at + 1}`}</legend>
          <SchemaMembers
            node={items}
            place={`${place}[${at}].`}
            body={row}
            troubles={troubles}
            secrets={secrets}
            onBody={(body) => put(replaced(rows, at, body as Body))}
          />
          <div class="row">
            <button type="button" onClick={() => put(rows.filter((_, each) => each !== at))}>
              {`Take ${withinSentence(title)} ${at + 1} out`}
            </button>
          </div>
        </fieldset>
      ))}
      <div class="row">
        <button type="button" onClick={() => put([...rows, freshOf(items)])}>
          {`Add to ${withinSentence(title)}`}
        </button>
      </div>
    </fieldset>
  )
}

type MembersProps = {
  readonly node: SchemaNode
  /** In front of each member's name. */
  readonly place: string
  readonly body: Body
  readonly troubles: Troubles
  readonly secrets: readonly string[]
  readonly offered?: Offered
  readonly onBody: (body: Body) => void
}

/** Every member of a group. */
export function SchemaMembers({ node, place, body, troubles, secrets, offered = {}, onBody }: MembersProps) {
  const members = Object.entries(node.properties ?? {})
  return (
    <>
      {members.map(([member, each]) => (
        <SchemaMember
          key={member}
          member={member}
          node={each}
          isRequired={node.required?.includes(member) === true && each.default === undefined}
          place={`${place}${member}`}
          value={body[member]}
          troubles={troubles}
          secrets={secrets}
          offered={offered}
          onValue={(value) => {
            const { [member]: _before, ...others } = body
            onBody(value === undefined ? others : { ...others, [member]: value })
          }}
        />
      ))}
    </>
  )
}
