/** How the server stands, kept up while somebody looks. */

import { useEffect, useRef, useState } from 'preact/hooks'
import { type Api, type ProblemBody, problemOf } from '../../shared/api.ts'
import { useNewer } from '../../shared/newer.ts'
import { ProblemNotice } from '../../shared/pieces.tsx'
import { useNews } from '../live.ts'
import type { SectionProps } from '../section.ts'
import { When } from '../when.tsx'
import { type Alarm, alarmsOf, type State } from './alarms.ts'
import { MediaProcesses } from './media-processes.tsx'
import { Trunks } from './trunks.tsx'

type Directory = { readonly inCharge: boolean; readonly counts: Readonly<Record<string, number>> }
type Shown = State & { readonly directory: Directory; readonly at: string }

const BEAT_MS = 2000

export function Status({ api }: SectionProps) {
  const [shown, setShown] = useState<Shown>()
  const [problem, setProblem] = useState<ProblemBody>()
  const [directoryFault, setDirectoryFault] = useState<string>()
  const newer = useNewer()
  const load = useRef(async () => {
    const isNewer = newer()
    try {
      const state = await read(api)
      if (!isNewer()) return
      setShown(state)
      setProblem(undefined)
    } catch (error) {
      setProblem(problemOf(error))
    }
  })
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    const beat = async () => {
      await load.current()
      timer = setTimeout(() => void beat(), BEAT_MS)
    }
    void beat()
    return () => clearTimeout(timer)
  }, [])
  useNews((event) => {
    if (event.type === 'directory.failed') setDirectoryFault(String(event['fault']))
    if (event.type === 'directory.resumed' || event.type === 'reset') setDirectoryFault(undefined)
  })
  const alarms = shown === undefined ? [] : alarmsOf({ ...shown, directoryFault })
  return (
    <section class="stack" aria-label="Status">
      <div class="row">
        <h1>Status</h1>
        {shown && (
          <span class="quiet end">
            As of <When at={shown.at} />
          </span>
        )}
      </div>
      <ProblemNotice problem={problem} />
      <div role="status">{shown && <Alarms alarms={alarms} />}</div>
      {shown && (
        <>
          <Figures shown={shown} directoryFault={directoryFault} />
          <MediaProcesses api={api} processes={shown.processes} onReplaced={() => void load.current()} />
          <Trunks trunks={shown.trunks} targets={shown.targets} />
        </>
      )}
    </section>
  )
}

function Alarms({ alarms }: { readonly alarms: readonly Alarm[] }) {
  if (alarms.length === 0) return <p class="notice good">All is well: nothing needs anybody.</p>
  return (
    <ul class="plain-list stack" aria-label="Alarms">
      {alarms.map(({ level, says, advice, fault }) => (
        <li key={says} class={`notice ${level}`}>
          <strong>{says}</strong> {advice} {fault && <a href={`/problems#${fault}`}>{fault}</a>}
        </li>
      ))}
    </ul>
  )
}

type FiguresProps = { readonly shown: Shown; readonly directoryFault: string | undefined }

function Figures({ shown: { health, directory }, directoryFault }: FiguresProps) {
  const { admission, history } = health
  const state = health.draining ? 'Drains' : health.ready ? 'Ready' : 'Not ready'
  const counts = Object.entries(directory.counts).map(([kind, count]) => `${kind}: ${count}`)
  const rows: readonly (readonly [string, boolean, string, string])[] = [
    ['Server', health.ready && !health.draining, state, `${health.calls} calls`],
    ['Vaults', health.vaults > 0, `${health.vaults}`, 'processes that may hold digits'],
    [
      'Admission',
      admission.takesCalls,
      admission.takesCalls ? 'Takes calls' : 'Refuses calls',
      `${admission.refused} refused since the start; signalling late by ${Math.round(admission.controlLateMs)} ms`,
    ],
    ['Records of sessions', health.audit, health.audit ? 'Written' : 'Not written', 'signed, one a session'],
    ['Call history', history.available, history.available ? 'Written' : 'Not written', `${history.waiting} rows wait`],
    [
      'Directory',
      directoryFault === undefined,
      directoryFault === undefined ? 'Readable' : 'Not readable',
      `${directory.inCharge ? 'in charge' : 'empty, and not in charge: sessions need no form'}; ${counts.join(', ')}`,
    ],
  ]
  return (
    <dl class="figures">
      {rows.map(([title, isGood, says, more]) => (
        <div key={title} class="card">
          <dt>{title}</dt>
          <dd>
            <span class={`badge ${isGood ? 'good' : 'bad'}`}>{says}</span>
          </dd>
          <dd class="quiet">{more}</dd>
        </div>
      ))}
    </dl>
  )
}

async function read(api: Api): Promise<Shown> {
  const [health, media, trunks, directory] = await Promise.all([
    api.get<State['health']>('/api/v1/status'),
    api.get<Pick<State, 'processes'>>('/api/v1/media'),
    api.get<Pick<State, 'trunks' | 'targets'>>('/api/v1/trunks'),
    api.get<Directory>('/api/v1/directory'),
  ])
  return { health, ...media, ...trunks, directory, at: new Date().toISOString() }
}
