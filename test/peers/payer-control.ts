/** Starts the payer of `payer.ts` and speaks with it. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { PayerAnswer, PayerCommand } from './payer.ts'

export type Payer = {
  readonly pid: number
  ask(command: PayerCommand): Promise<PayerAnswer>
  close(): Promise<void>
}

/** Starts a payer in a process of its own. */
export function startPayer(): Payer {
  const child: ChildProcess = fork(fileURLToPath(new URL('./payer.ts', import.meta.url)), [], {
    execArgv: ['--no-warnings'],
  })
  const waiting = new Map<number, PromiseWithResolvers<PayerAnswer>>()
  let nextId = 0
  child.on('message', ({ id, answer, error }: { id: number; answer?: PayerAnswer; error?: string }) => {
    const promise = waiting.get(id)
    waiting.delete(id)
    if (answer !== undefined) promise?.resolve(answer)
    else promise?.reject(new Error(error))
  })
  child.on('exit', () => {
    for (const promise of waiting.values()) promise.reject(new Error('the payer is gone'))
  })
  return {
    pid: child.pid ?? 0,
    ask(command) {
      const promise = Promise.withResolvers<PayerAnswer>()
      waiting.set(nextId, promise)
      child.send({ id: nextId++, command })
      return promise.promise
    },
    async close() {
      if (child.exitCode !== null) return
      child.disconnect()
      await once(child, 'exit')
    },
  }
}
