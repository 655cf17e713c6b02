/** A phone's lamp for another account (RFC 4235): its SUBSCRIBE, and what the NOTIFYs say. */

import type { PhoneDialog } from '../../src/demo/sip-phone.ts'
import type { SipRequest } from '../../src/sip/message.ts'
import { askAs, udpPeer, type WirePeer } from './wire-peer.ts'

export type Lamp = {
  readonly peer: WirePeer
  /** Whole bodies of NOTIFYs, oldest first. */
  documents(): readonly string[]
  /** The next NOTIFY with a dialog in this state, of those after the first `told`. */
  lit(state: 'early' | 'confirmed', told?: number): Promise<SipRequest>
  /** No dialog stands. */
  readonly isOut: boolean
}

/** A lamp over UDP that has subscribed to nothing yet. The caller closes its peer. */
export async function openLamp(sipPort: number): Promise<Lamp> {
  const peer = await udpPeer({ address: '127.0.0.1', port: sipPort })
  peer.onRequest = (request) => peer.respond(request, 200, 'lamp')
  const documents = () => peer.requests.map(documentIn)
  return {
    peer,
    documents,
    lit: (state, told = 0) =>
      peer.request(
        (request) =>
          request.method === 'NOTIFY' &&
          peer.requests.indexOf(request) >= told &&
          documentIn(request).includes(`<state>${state}</state>`),
        `a lamp that says ${state}`,
      ),
    get isOut() {
      return documents().at(-1)?.endsWith('></dialog-info>\n') === true
    },
  }
}

/** @param as whose lamp it is. @param account that it watches. @returns the answer to its SUBSCRIBE. */
export async function watch(
  { peer }: Lamp,
  sipPort: number,
  as: { readonly user: string; readonly password: string },
  account: string,
): Promise<number> {
  const { response } = await askAs(peer, as, {
    method: 'SUBSCRIBE',
    uri: `sip:${account}@127.0.0.1:${sipPort}`,
    to: `<sip:${account}@127.0.0.1:${sipPort}>`,
    from: `<sip:${as.user}@127.0.0.1>`,
    callId: `lamp-${as.user}-${account}`,
    tag: 'lamp',
    headers: [
      ['Contact', `<sip:${as.user}@${peer.at}>`],
      ['Event', 'dialog'],
      ['Accept', 'application/dialog-info+xml'],
    ],
  })
  return response.status
}

export function documentIn(request: SipRequest): string {
  return Buffer.from(request.body).toString('latin1')
}

/** @returns the dialog in a NOTIFY, as its own phone sees it. */
export function dialogIn(request: SipRequest): PhoneDialog {
  const document = documentIn(request)
  const of = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(document)?.[1] ?? ''
  return { callId: of('call-id'), localTag: of('local-tag'), remoteTag: of('remote-tag') }
}
