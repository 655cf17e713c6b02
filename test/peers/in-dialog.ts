/** Requests inside a dialog that the phone is in, sent past it: such as to a server that knows nothing of the dialog any more. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Phone } from '../../src/demo/phone.ts'

export const IN_DIALOG = ['BYE', 'INVITE', 'UPDATE', 'INFO', 'REFER', 'PRACK'] as const

const ANSWER_LIMIT_MS = 20_000
const MORE: Readonly<Record<string, string>> = {
  REFER: 'Refer-To: <sip:101@127.0.0.1>\r\n',
  PRACK: 'RAck: 1 1 INVITE\r\n',
}

/** Sends a request as the phone would. @param from its address. @returns the status of the answer. @throws Error when there is none. */
export async function askInDialog(
  method: (typeof IN_DIALOG)[number],
  phone: Phone,
  from: string,
  sipPort: number,
): Promise<string> {
  const { callId, localTag, remoteTag } = phone.signalling.dialog()
  const socket = createSocket('udp4')
  socket.bind(0, from)
  await once(socket, 'listening')
  try {
    const text = `${method} sip:100@127.0.0.1:${sipPort} SIP/2.0\r\nVia: SIP/2.0/UDP ${from};branch=z9hG4bK${method}${callId};rport\r\nMax-Forwards: 70\r\nFrom: <sip:caller@${from}>;tag=${localTag}\r\nTo: <sip:100@127.0.0.1>;tag=${remoteTag}\r\nCall-ID: ${callId}\r\nCSeq: 77 ${method}\r\nContact: <sip:caller@${from}:${socket.address().port}>\r\n${MORE[method] ?? ''}Content-Length: 0\r\n\r\n`
    socket.send(text, sipPort, '127.0.0.1')
    for (;;) {
      const [octets] = (await once(socket, 'message', { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) })) as [Buffer]
      const status = octets.toString('latin1', 8, 11)
      if (status >= '200') return status
    }
  } finally {
    socket.close()
  }
}
