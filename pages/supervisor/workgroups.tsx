/** The workgroups that somebody looks after: how many of their members are on a call, and who, since when, with whom. */

import { useState } from 'preact/hooks'
import { addressOf } from '../shared/place.ts'
import { ScrolledTable } from '../shared/scrolled-table.tsx'
import { shared } from '../shared/shared-words.ts'
import { CallState } from './call-state.tsx'
import { pageOf } from './choosing.ts'
import { type Call, runningIn } from './live-calls.ts'
import { Pager } from './pager.tsx'
import { SecureMark } from './secure-mark.tsx'
import { supervisor } from './supervisor-words.ts'
import { type GroupState, type MemberState, statesOf, type Workgroup } from './team.ts'
import { durationText } from './time-text.ts'

const PAGE_MEMBERS = 25

type WorkgroupsProps = {
  readonly workgroups: readonly Workgroup[] | undefined
  readonly calls: ReadonlyMap<string, Call>
  readonly nowMs: number
  readonly seesSecure: boolean
}

export function Workgroups({ workgroups, calls, nowMs, seesSecure }: WorkgroupsProps) {
  const words = supervisor.value
  return (
    <section class="stack" aria-labelledby="workgroups">
      <h2 id="workgroups">{words.workgroups}</h2>
      {workgroups === undefined && <p role="status">{shared.value.loading}</p>}
      {workgroups?.length === 0 && <p class="quiet">{words.noWorkgroups}</p>}
      {statesOf(workgroups ?? [], calls.values()).map((group) => (
        <Group key={group.workgroup.name} group={group} nowMs={nowMs} seesSecure={seesSecure} />
      ))}
    </section>
  )
}

type GroupProps = { readonly group: GroupState; readonly nowMs: number; readonly seesSecure: boolean }

function Group({ group, nowMs, seesSecure }: GroupProps) {
  const words = supervisor.value
  const [at, setAt] = useState(0)
  const { workgroup, members, onCall, inSecure } = group
  const page = pageOf(members, at, PAGE_MEMBERS)
  const caption = words.membersOf(workgroup.displayName)
  return (
    <article class="card stack" aria-label={workgroup.displayName}>
      <div class="row">
        <h3>{workgroup.displayName}</h3>
        <span class="badge">{words.onCallOf(onCall, members.length)}</span>
        {inSecure > 0 && <span class="badge secure">{words.secureCount(inSecure)}</span>}
      </div>
      {members.length === 0 ? (
        <p class="quiet">{words.noMembers}</p>
      ) : (
        <ScrolledTable
          caption={caption}
          heads={[
            ...[words.agent, words.phone, words.state, words.with, words.since],
            ...(seesSecure ? [words.secureInput] : []),
          ]}
        >
          {page.rows.map((state) => (
            <MemberRow key={state.member.name} {...state} nowMs={nowMs} seesSecure={seesSecure} />
          ))}
        </ScrolledTable>
      )}
      <Pager page={page} of={caption} onPage={setAt} />
    </article>
  )
}

type MemberProps = MemberState & { readonly nowMs: number; readonly seesSecure: boolean }

function MemberRow({ member, call, nowMs, seesSecure }: MemberProps) {
  const words = supervisor.value
  const isCaller = call !== undefined && call.callerLeg?.account === member.phone
  const far = isCaller ? call.to : call?.from
  return (
    <tr>
      <th scope="row">{member.displayName}</th>
      <td>{member.phone ?? <span class="quiet">{words.noPhone}</span>}</td>
      <td>{call === undefined ? <span class="quiet">{words.free}</span> : <CallState call={call} />}</td>
      <td class="far">
        {call !== undefined && (
          <a href={addressOf('call', call.callId)} aria-label={words.detailsOf(call.from)}>
            {far}
          </a>
        )}
      </td>
      <td class="number">{call !== undefined && durationText(nowMs - (call.bridgedAtMs ?? call.startedAtMs))}</td>
      {seesSecure && (
        <td>
          {call !== undefined && <SecureMark times={call.secureSessions.length} runs={runningIn(call) !== undefined} />}
        </td>
      )}
    </tr>
  )
}
