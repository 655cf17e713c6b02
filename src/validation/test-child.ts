/** Has a process of its own try the validation service: beside the vault it alone sees a card number, one of a test. */

import { fork } from 'node:child_process'
import { openChannel } from '../base/channel.ts'
import type { Clock } from '../base/clock.ts'
import type { Milliseconds } from '../base/units.ts'
import { aTestEvent, aTestOrder, type TestEvent, type TestFinding, type TestOrder } from './test-channel.ts'

export type { TestFinding, TestOrder }

export type TestChildOptions = {
  /** `test-process.ts`, or what it was compiled to. */
  readonly entry: string
  readonly order: Omit<TestOrder, 'do'>
  readonly clock: Clock
  readonly limitMs: Milliseconds
}

/** @returns what was found; undefined when the process died, or took too long and was ended. */
export function runTestChild({ entry, order, clock, limitMs }: TestChildOptions): Promise<TestEvent | undefined> {
  const child = fork(entry, [], { env: {}, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  return new Promise((resolve) => {
    const finish = (event: TestEvent | undefined) => {
      limit.cancel()
      child.kill('SIGKILL')
      resolve(event)
    }
    const limit = clock.after(limitMs, () => finish(undefined))
    const channel = openChannel({
      endpoint: child,
      incoming: aTestEvent,
      outgoing: aTestOrder,
      onMessage: finish,
      onBad: () => finish(undefined),
      onClosed: () => finish(undefined),
    })
    channel.send({ do: 'test', ...order })
  })
}
