/** A dial plan over a configuration that a test writes and a directory that it fills, kept as the server keeps it; what would be applied is collected. */

import { type Config, readConfig } from '../../src/base/config.ts'
import { createLog } from '../../src/base/log.ts'
import { keepDialPlan } from '../../src/control/dial-plan.ts'
import { createReloader } from '../../src/control/reload.ts'
import type { Directory, Picture } from '../../src/directory/index.ts'
import { createSealing } from '../../src/people/sealing.ts'

export const PLAN = `
phones:
  - { account: alice, displayName: Alice, password: password-of-alice }
trunks:
  - { name: carrier, addresses: [192.0.2.1], outbound: { uri: "sip:192.0.2.1" }, allowDestinations: ["+49*"], credentials: { user: us, password: password-there } }
workgroups:
  - { name: sales, phones: [alice] }
routes:
  - { number: "100", to: { phone: alice } }
`

/** @returns what a text says. @throws Error when it is wrong */
export function configOf(text: string): Config {
  const outcome = readConfig({ text, env: {} })
  if ('problems' in outcome) throw new Error(JSON.stringify(outcome.problems))
  return outcome.config
}

/** @param state its text is the configuration file; it may change. */
export function keptPlan(
  directory: { readonly picture: () => Picture } & Partial<Pick<Directory, 'subscribe'>>,
  state: { text: string } = { text: PLAN },
) {
  let running = configOf(state.text)
  const applied: Config[] = []
  const lines: string[] = []
  const log = createLog({ level: 'debug', write: (line) => lines.push(line), wallMs: () => 0, process: 'control' })
  const keeper = keepDialPlan(running, {
    ...{ folder: '/etc/sotto', problems: () => [], seal: createSealing(Buffer.alloc(32, 7)), log },
    picture: () => directory.picture(),
  })
  const reloader = createReloader({
    read: async () => readConfig({ text: state.text, env: {} }),
    current: () => running,
    check: () => [],
    apply: (next) => {
      running = next
      applied.push(next)
    },
    plan: keeper,
    log,
  })
  directory.subscribe?.(reloader.takeDirectory)
  return { keeper, reloader, applied, lines, running: () => running }
}
