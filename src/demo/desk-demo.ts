/**
 * `sotto demo --desk`: the agent's desk in the browser without a phone at hand. A caller and the agent's phone are played on loopback: each time that Enter is pressed the caller calls, hums, and keys a
 * published test card whenever the voice asks for it. Whoever looks on logs in, starts Secure Input, and sees the rest. Ends with Ctrl-C.
 */

import { createInterface, type Interface } from 'node:readline'
import { outputFolder } from './output-folder.ts'
import { expiryOf } from './script.ts'
import { type Stage, setStage } from './stage.ts'
import type { TimelineEvent } from './timeline.ts'
import { pause } from './waiting.ts'

export type DeskDemoArgs = {
  /** Where the files go; emptied first where it is one of ours. */
  readonly folder: string
  /** Entry file of the command, to start the server with. */
  readonly cli: string
  /** What the person at the terminal types. */
  readonly input: NodeJS.ReadableStream
  /** Settles when he wants no more. */
  readonly ended: Promise<void>
}

/** A published test card, an expiry date to come, a security code: what the flow `card-payment` asks for. */
const ENTRIES = ['4111111111111111', expiryOf(new Date()), '123']
const HASH = 11
/** A caller listens to the beginning of a prompt before keying. */
const LISTEN_MS = 2500
const USER = 'demo'
/** Good on this machine alone, until the demo ends. */
const PASSWORD = 'keyed by nobody but us'
const GIVEN_FIRST = 'changed a moment later on'

/** Runs it. @returns the exit code: 0 when it ended as it was told to, 1 when it did not start, 2 when the folder is not ours. */
export async function deskDemo(args: DeskDemoArgs, write: (line: string) => void): Promise<number> {
  const folder = outputFolder(args.folder, write)
  if (folder === undefined) return 2
  write('Starting the server, a sample validation service and two phones on loopback.')
  let stage: Stage | undefined
  let lines: Interface | undefined
  try {
    const live = await setStage({
      ...{ codec: 'PCMA', folder, cli: args.cli, write, firstDigitSeconds: 20 },
      onEvent: (event) => {
        if (stage !== undefined) void answer(stage, event).catch(() => undefined)
      },
      more: 'people: { secondFactorFor: [] }',
    })
    stage = live
    await hire(live)
    await live.agent.signalling.register()
    write('')
    write(`Open ${live.server.base}/desk/ and log in as "${USER}" with the password "${PASSWORD}".`)
    write(
      'Enter: a caller calls, or hangs up. In the desk press "Secure Input": the caller keys a test card. Ctrl-C ends it all.',
    )
    lines = createInterface({ input: args.input })
    lines.on('line', () => void turn(live, write))
    await args.ended
    return 0
  } catch (thrown) {
    write(`The demo broke off: ${thrown instanceof Error ? thrown.message : 'for no reason that it knows'}`)
    return 1
  } finally {
    lines?.close()
    await stage?.close()
  }
}

/** A caller who is there hangs up; one who is not calls. */
async function turn({ caller, events }: Stage, write: (line: string) => void): Promise<void> {
  const last = events.findLast(({ type }) => type === 'call.arrived' || type === 'call.ended')
  const isThere = last?.type === 'call.arrived'
  await (isThere ? caller.signalling.hangUp() : caller.call('100')).catch(() => {
    write(isThere ? 'The caller could not hang up.' : 'The caller was not taken: press Enter again.')
  })
}

/** Keys what is asked for, as a caller does. */
async function answer({ caller }: Stage, event: TimelineEvent): Promise<void> {
  if (event.type !== 'secure.asking') return
  const entry = ENTRIES[Number(event['field'])]
  if (entry === undefined) return
  await pause(LISTEN_MS)
  await caller.sound.press([...[...entry].map(Number), HASH], 'event')
}

/** Makes the user of the desk: who may everything, with a form to choose. */
async function hire({ server }: Stage): Promise<void> {
  const ask = async (method: string, path: string, body: object, headers: Readonly<Record<string, string>>) => {
    const response = await fetch(`${server.base}/api/v1/${path}`, {
      method,
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${method} ${path} was refused: HTTP ${response.status}`)
    return response
  }
  const token = { authorization: `Bearer ${server.token}` }
  await ask('POST', 'directory/users', { name: USER, phone: 'agent', administrator: true }, token)
  await ask('POST', 'directory/forms', FORM, token)
  await ask('POST', 'directory/workgroups', WORKGROUP, token)
  await ask('PUT', `directory/users/${USER}/password`, { password: GIVEN_FIRST }, token)
  // Who has a password from somebody else is asked for one of his own: that is done here.
  const loggedIn = await ask('POST', 'login', { name: USER, password: GIVEN_FIRST }, OWN_PAGE)
  const cookie = loggedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  await ask('POST', 'me/password', { old: GIVEN_FIRST, new: PASSWORD }, { ...OWN_PAGE, cookie })
}

const OWN_PAGE = { 'sotto-request': '1' }
const FORM = {
  name: 'order',
  displayName: 'Order',
  title: 'Order',
  flow: 'card-payment',
  fields: [
    { id: 'order number', displayName: 'Order number' },
    { id: 'charge amount', displayName: 'Amount', type: 'amount' },
  ],
}
const WORKGROUP = {
  name: 'everybody',
  members: [USER],
  supervisors: [USER],
  forms: [FORM.name],
  rights: { 'secure-input:view': 'allow', 'secure-input:start': 'allow' },
}
