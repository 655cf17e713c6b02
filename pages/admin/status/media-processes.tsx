/** The media processes, how busy each is, and its replacement while calls run. */

import { useState } from 'preact/hooks'
import type { MediaProcessView } from '../../../src/media/pool.ts'
import type { Api } from '../../shared/api.ts'
import { ScrolledTable } from '../../shared/scrolled-table.tsx'
import { Confirm } from '../confirm.tsx'
import { say } from '../said.tsx'

type ProcessesProps = {
  readonly api: Api
  readonly processes: readonly MediaProcessView[]
  readonly onReplaced: () => void
}

const STATES: Readonly<Record<MediaProcessView['state'], readonly [text: string, look: string]>> = {
  waits: ['Gone, is restarted', 'bad'],
  starts: ['Starts', 'warn'],
  runs: ['Runs', 'good'],
  late: ['Late', 'warn'],
  leaves: ['Ends with its calls', ''],
}
const TITLES = ['Process', 'State', 'Calls', 'Of a core', 'Late', 'Ports', 'Packets a second', 'Memory', 'Replace']

export function MediaProcesses({ api, processes, onReplaced }: ProcessesProps) {
  const [pid, setPid] = useState<number>()
  return (
    <>
      <h2>Media processes</h2>
      <ScrolledTable caption="Media processes" kind="entries" heads={TITLES}>
        {processes.map((view) => (
          <Row key={`${view.pid} ${view.portMin}`} view={view} onReplace={() => setPid(view.pid)} />
        ))}
      </ScrolledTable>
      {pid !== undefined && (
        <Confirm
          title={`Replace media process ${pid}?`}
          does="Replace it"
          onClose={() => setPid(undefined)}
          onYes={async () => {
            const path = `/api/v1/media/${pid}/replace`
            const answer = await api.ask<{ readonly pid: number; readonly callsOnTheOld: number }>('POST', path, {
              idempotencyKey: crypto.randomUUID(),
            })
            say(
              `Process ${answer.value.pid} takes the new calls; ${answer.value.callsOnTheOld} calls end in the old one.`,
            )
            onReplaced()
          }}
        >
          <p>A fresh process takes the calls to come. Those that run go on in the old one, which ends with the last.</p>
        </Confirm>
      )}
    </>
  )
}

function Row({ view, onReplace }: { readonly view: MediaProcessView; readonly onReplace: () => void }) {
  const { pid, state, calls, portMin, portMax, load, lateMs, beingReplaced } = view
  const [text, look] = STATES[state]
  const cpu = load === undefined ? 0 : Math.round(load.cpuShare * 100)
  return (
    <tr>
      <th scope="row">{pid ?? '–'}</th>
      <td data-title="State">
        <span class={`badge ${look}`}>{text}</span> {beingReplaced && state !== 'leaves' && 'is being replaced'}
      </td>
      <td data-title="Calls">{calls}</td>
      <td data-title="Of a core">
        {load && (
          <>
            <meter min={0} max={100} value={Math.min(cpu, 100)} aria-label={`Of a core, process ${pid}`} /> {cpu} %
          </>
        )}
      </td>
      <td data-title="Late">{`${Math.round(lateMs)} ms`}</td>
      <td data-title="Ports">
        {`${portMin} to ${portMax}`}
        {load && `, ${load.freePairs} pairs free`}
      </td>
      <td data-title="Packets a second">
        {load && `${Math.round(load.receivedPerSecond)} in, ${Math.round(load.sentPerSecond)} out`}
      </td>
      <td data-title="Memory">{load && `${Math.round(load.memoryMegabytes)} MB`}</td>
      <td data-title="Replace">
        {pid !== undefined && (state === 'runs' || state === 'late') && (
          <button type="button" disabled={beingReplaced} aria-label={`Replace process ${pid}`} onClick={onReplace}>
            Replace
          </button>
        )}
      </td>
    </tr>
  )
}
