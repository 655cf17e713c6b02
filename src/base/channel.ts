/**
 * The typed line between two of our processes, over Node's process channel. Every message is checked on its way out and on its
 * way in; one that breaks its contract is never delivered.
 *
 * A line that *gathers* sends the messages of one turn of the event loop as one list, in their order: writing to the other process, and waking it,
 * costs far more than a message does. Both its ends must gather.
 */

import type { SendHandle } from 'node:child_process'
import type { Shape } from './shape.ts'
import { asSendable, isUdpHandle, type UdpHandle } from './udp-handle.ts'

/** What `process` and a `ChildProcess` have in common. */
export type Endpoint = {
  readonly connected?: boolean
  send?(
    message: unknown,
    handle: SendHandle | undefined,
    options: undefined,
    sent: (error: Error | null) => void,
  ): boolean
  on(event: 'message', listener: (message: unknown, handle: unknown) => void): unknown
  on(event: 'disconnect', listener: () => void): unknown
  off(event: 'message', listener: (message: unknown, handle: unknown) => void): unknown
  off(event: 'disconnect', listener: () => void): unknown
}

export type ChannelOptions<In, Out> = {
  readonly endpoint: Endpoint
  readonly incoming: Shape<In>
  readonly outgoing: Shape<Out>
  /** Messages of one turn go together. */
  readonly gathers?: boolean
  onMessage(message: In, handle: UdpHandle | undefined): void
  /** A message that is not in the contract arrived; it was dropped. */
  onBad(): void
  /** The other process is gone, or closed the line. Called once. */
  onClosed(): void
}

export type Channel<Out> = {
  /**
   * Sends a message, with a UDP handle when there is one; `sent` is called when the other side has it (`true`) or never will
   * (`false`). After a handle was sent the sender still owns its copy and closes it.
   * @throws TypeError when the message is outside the contract: a defect.
   */
  send(message: Out, handle?: UdpHandle, sent?: (arrived: boolean) => void): void
  /** Sends a message together with the next one: for what nobody waits for. On a line that does not gather it goes at once. @throws TypeError as `send`. */
  sendWithNext(message: Out, sent?: (arrived: boolean) => void): void
  close(): void
}

type Gathered<Out> = { readonly message: Out; readonly sent: ((arrived: boolean) => void) | undefined }

/** Opens our end of the line. */
export function openChannel<In, Out>(options: ChannelOptions<In, Out>): Channel<Out> {
  const { endpoint } = options
  let open = true
  let gathered: Gathered<Out>[] = []
  let flushes = false

  const onMessage = (message: unknown, handle: unknown) => {
    // A handle comes with one message alone: with a list it is outside the contract.
    if (options.gathers !== true || !Array.isArray(message) || isUdpHandle(handle)) take(message, handle)
    else for (const each of message) take(each, undefined)
  }
  const take = (message: unknown, handle: unknown) => {
    const udp = isUdpHandle(handle) ? handle : undefined
    if (open && options.incoming(message)) {
      options.onMessage(message, udp)
      return
    }
    udp?.close()
    if (open) options.onBad()
  }
  const onDisconnect = () => {
    if (!open) return
    shut()
    options.onClosed()
  }
  const shut = () => {
    flush()
    open = false
    endpoint.off('message', onMessage)
    endpoint.off('disconnect', onDisconnect)
  }
  const transmit = (
    message: unknown,
    handle: UdpHandle | undefined,
    sent: ((arrived: boolean) => void) | undefined,
  ) => {
    if (endpoint.connected === false || endpoint.send === undefined) {
      sent?.(false)
      return
    }
    endpoint.send(message, handle === undefined ? undefined : asSendable(handle), undefined, (error) => {
      sent?.(error === null || error === undefined)
    })
  }
  const flush = () => {
    flushes = false
    const messages = gathered
    if (messages.length === 0) return
    gathered = []
    const [first] = messages
    transmit(messages.length === 1 ? first?.message : messages.map(({ message }) => message), undefined, (arrived) => {
      for (const { sent } of messages) sent?.(arrived)
    })
  }
  endpoint.on('message', onMessage)
  endpoint.on('disconnect', onDisconnect)

  const send: Channel<Out>['send'] = (message, handle, sent) => {
    if (!options.outgoing(message)) throw new TypeError('message outside its contract')
    if (!open) sent?.(false)
    else if (options.gathers === true && handle === undefined) {
      gathered.push({ message, sent })
      if (!flushes) setImmediate(flush)
      flushes = true
    } else {
      flush()
      transmit(message, handle, sent)
    }
  }

  return {
    send,
    sendWithNext(message, sent) {
      if (options.gathers !== true) return send(message, undefined, sent)
      if (!options.outgoing(message)) throw new TypeError('message outside its contract')
      if (open) gathered.push({ message, sent })
      else sent?.(false)
    },
    close() {
      if (open) shut()
    },
  }
}
