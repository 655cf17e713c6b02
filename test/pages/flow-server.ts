/** A server whose flows may be written over its pages, and `root`, who administrates it. */

import type { Test } from 'tap'
import { DOOR_TOKEN, furnish, startHttps } from '../peers/https-server.ts'
import { administrationOf, NO_SECOND_FACTOR } from './people.ts'

/** @returns where it is. */
export async function startFlowServer(t: Test) {
  const folder = t.testdir()
  const { port, authority } = await furnish(
    folder,
    `${NO_SECOND_FACTOR}secureInput: { flowsFolder: flows, validation: { url: 'https://127.0.0.1:1/' } }\n`,
  )
  const server = await startHttps(t, folder, port, authority)
  await administrationOf(server.ask, DOOR_TOKEN).user('root', { administrator: true })
  return { server, origin: `https://127.0.0.1:${port}` }
}
