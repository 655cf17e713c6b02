/** Starts the reference validation service in a process of its own: it is the one place beside the vault that sees a card number. */

import { fork } from 'node:child_process'
import { openChannel } from '../base/channel.ts'
import { aValidationEvent, aValidationOrder } from './channel.ts'

export type ValidationChild = {
  /** `https://localhost:PORT/`, good with the authority of the certificates. */
  readonly url: string
  readonly processId: number
  close(): void
}

export type ValidationChildOptions = {
  /** `process.ts`, or what it was compiled to. */
  readonly entry: string
  /** 0 takes any free port. */
  readonly port: number
  readonly certificates: { readonly certificate: string; readonly key: string }
  onReplied(fields: number, accepted: boolean): void
}

/** @throws Error when the process cannot listen. */
export function startValidationChild(options: ValidationChildOptions): Promise<ValidationChild> {
  const child = fork(options.entry, [], { env: {}, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  return new Promise((resolve, reject) => {
    const channel = openChannel({
      endpoint: child,
      incoming: aValidationEvent,
      outgoing: aValidationOrder,
      onMessage: (event) => {
        if (event.type === 'replied') options.onReplied(event.fields, event.accepted)
        else if (event.type === 'failed') reject(new Error('the sample validation service cannot listen on its port'))
        else
          resolve({
            url: `https://localhost:${event.port}/`,
            processId: child.pid ?? 0,
            close: () => {
              if (child.connected) child.disconnect()
            },
          })
      },
      onBad: () => reject(new Error('the sample validation service said something unexpected')),
      onClosed: () => reject(new Error('the sample validation service ended')),
    })
    channel.send({
      do: 'listen',
      port: options.port,
      certificate: options.certificates.certificate,
      key: options.certificates.key,
    })
  })
}
