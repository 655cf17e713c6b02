/** What somebody has to look at, out of how the server stands, and what to do about it. Pure. */

import type { AdmissionView } from '../../../src/control/admission.ts'
import type { MediaProcessView } from '../../../src/media/pool.ts'
import type { TargetView, TrunkView } from '../../../src/sip/trunk-view.ts'

export type Health = {
  readonly ready: boolean
  readonly draining: boolean
  readonly calls: number
  readonly vaults: number
  readonly admission: AdmissionView
  readonly audit: boolean
  readonly history: { readonly available: boolean; readonly waiting: number }
}

export type State = {
  readonly health: Health
  readonly processes: readonly MediaProcessView[]
  readonly trunks: readonly TrunkView[]
  readonly targets: readonly TargetView[]
  /** Why the store of the directory cannot be read; known since the page is open. */
  readonly directoryFault?: string | undefined
}

export type Alarm = {
  readonly level: 'bad' | 'warn'
  readonly says: string
  readonly advice: string
  /** A row of `/problems`. */
  readonly fault?: string | undefined
}

/** @returns alarms, the worst first. */
export function alarmsOf(state: State): readonly Alarm[] {
  const all = [...ofServer(state), ...state.processes.flatMap(ofProcess), ...ofTrunks(state)]
  return [...all.filter(({ level }) => level === 'bad'), ...all.filter(({ level }) => level === 'warn')]
}

function ofServer({ health, directoryFault }: State): readonly Alarm[] {
  const { ready, draining, vaults, admission, audit, history } = health
  const rows: (Alarm | false)[] = [
    !ready && {
      level: 'bad',
      says: 'The server is not ready.',
      advice: 'It waits for a vault or a media process; its log says which, and why.',
    },
    draining && {
      level: 'warn',
      says: 'The server drains: it takes no new calls.',
      advice: 'It ends when its last call does. Send new calls to another server.',
    },
    vaults === 0 && {
      level: 'bad',
      says: 'There is no vault: no secure session can start.',
      advice: 'It is started again by itself. When it does not come back, look for “vault” in the log.',
    },
    !admission.takesCalls && {
      level: 'bad',
      says: 'New calls are refused, so that those that run do not suffer.',
      advice: 'Take load off the machine, or add one.',
      fault: admission.fault,
    },
    !audit && {
      level: 'bad',
      says: 'Secure sessions cannot be recorded, so none starts.',
      advice: 'Look at the disk and the folder of audit.folder; it goes on by itself when it can be written.',
    },
    !history.available && {
      level: 'warn',
      says: `The call history is not written; ${history.waiting} rows wait.`,
      advice: 'Look at the disk and at history.file; what waits is written when it can be.',
    },
    directoryFault !== undefined && {
      level: 'bad',
      says: 'The store of the directory cannot be read.',
      advice: 'What was read last stays in use; changes are refused until it is back.',
      fault: directoryFault,
    },
  ]
  return rows.filter((row) => row !== false)
}

function ofProcess({ pid, state }: MediaProcessView): readonly Alarm[] {
  if (state === 'waits')
    return [
      {
        level: 'bad',
        says: 'A media process is gone and is being restarted.',
        advice: 'Its calls ended. Look for “media” in the log when it happens again.',
      },
    ]
  if (state !== 'late') return []
  return [
    {
      level: 'warn',
      says: `Media process ${pid ?? ''} is late and takes no more calls.`,
      advice: 'The machine is too busy. Calls that run go on; others take the new ones.',
    },
  ]
}

function ofTrunks({ trunks, targets }: State): readonly Alarm[] {
  const unregistered = trunks.flatMap(({ name, registration }): Alarm[] => {
    if (registration === undefined || registration.state === 'off' || registration.state === 'registered') return []
    if (registration.failures === 0) return []
    return [
      {
        level: 'bad',
        says: `The trunk ${name} is not registered: nobody reaches us by it.`,
        advice: 'Check its credentials and whether its registrar answers; it is tried again by itself.',
        fault: registration.fault,
      },
    ]
  })
  const down = targets.flatMap(({ state, uri, trunk }): Alarm[] =>
    state === 'down'
      ? [
          {
            level: 'warn',
            says: `${uri}${trunk === undefined ? '' : ` of the trunk ${trunk}`} does not answer.`,
            advice: 'Calls go to its other targets first. Check the far end and the network between.',
          },
        ]
      : [],
  )
  return [...unregistered, ...down]
}
