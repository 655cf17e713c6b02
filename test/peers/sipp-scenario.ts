/**
 * Scenarios for sipp out of a few building blocks, so that a test reads as the messages it sends and expects. A caller's side; what a
 * callee of sipp does stands in files.
 */

export type RequestParts = {
  readonly cseq: number
  /** Within the dialog: To with its tag, and Request-URI and Route from the 2xx; `straight` does without these two. */
  readonly inDialog?: boolean | 'straight'
  /** So many commands ago stands the request whose branch this one shares: CANCEL, and the ACK of a refusal (RFC 3261 sections 9.1, 17.1.1.3). */
  readonly branchBack?: number
  /** Lines of the header. */
  readonly headers?: readonly string[]
  /** Lines of SDP; `OFFER` in most cases. */
  readonly sdp?: readonly string[]
}

export type ResponseParts = {
  readonly optional?: boolean
  /** What its body or header has to match. */
  readonly has?: RegExp
  /** Keeps Contact and Route for what follows in the dialog. */
  readonly keepsRoute?: boolean
}

/** @returns the SDP of a caller. @param lines take the place of the last line, or follow it. */
export function sdp(version = 1, address = '[media_ip]', direction = 'sendrecv'): readonly string[] {
  return [
    'v=0',
    `o=trunk 53655765 ${version} IN IP4 [local_ip]`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    'm=audio [auto_media_port] RTP/AVP 8 96',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:96 telephone-event/8000',
    'a=fmtp:96 0-15',
    `a=${direction}`,
  ]
}

/** Sends a request. */
export function send(method: string, parts: RequestParts): string {
  const { cseq, inDialog = false, branchBack = 0, headers = [], sdp: body } = parts
  const target = inDialog === true ? '[next_url]' : 'sip:[service]@[remote_ip]:[remote_port]'
  // A tag that was never given is empty, and so is its parameter.
  const answersRefusal = method === 'ACK' && branchBack > 0
  const tag = inDialog !== false || answersRefusal ? '[peer_tag_param]' : ''
  const lines = [
    `${method} ${target} SIP/2.0`,
    `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch${branchBack === 0 ? '' : `-${branchBack}`}]`,
    'From: <sip:+4930[call_number]@[local_ip]:[local_port]>;tag=[pid]c[call_number]',
    `To: <sip:[service]@[remote_ip]:[remote_port]>${tag}`,
    ...(inDialog === true ? ['[routes]'] : []),
    'Call-ID: [call_id]',
    `CSeq: ${cseq} ${method}`,
    'Contact: <sip:trunk@[local_ip]:[local_port]>',
    'Max-Forwards: 70',
    ...headers,
    ...(body === undefined ? [] : ['Content-Type: application/sdp']),
    'Content-Length: [len]',
    '',
    ...(body ?? []),
    '',
  ]
  return `<send${method === 'ACK' ? '' : ' retrans="500"'}><![CDATA[\n${lines.join('\n')}\n]]></send>`
}

/** Expects an answer. */
export function expect(status: number, parts: ResponseParts = {}): string {
  const attributes = [
    `response="${status}"`,
    ...(parts.optional === true ? ['optional="true"'] : []),
    ...(parts.keepsRoute === true ? ['rrs="true"'] : []),
  ].join(' ')
  if (parts.has === undefined) return `<recv ${attributes} />`
  const check = `<ereg regexp="${parts.has.source}" search_in="msg" check_it="true" assign_to="1" />`
  return `<recv ${attributes}><action>${check}</action></recv>`
}

/** Expects a request and answers it with 200. */
export function expectRequest(method: string, limitMs: number): string {
  const answer = ['SIP/2.0 200 OK', '[last_Via:]', '[last_From:]', '[last_To:]', '[last_Call-ID:]', '[last_CSeq:]']
  const reply = `<send><![CDATA[\n${[...answer, 'Content-Length: 0', '', ''].join('\n')}\n]]></send>`
  return `<recv request="${method}" timeout="${limitMs}" />\n${reply}`
}

/** Expects a 200 to one of two requests that are under way, and goes on at the label when it is to a CANCEL: their branch is the same. */
export function expectEither(toCancel: number): string {
  const look = '<ereg regexp="CANCEL" search_in="hdr" header="CSeq:" assign_to="1" />'
  return `<recv response="200"><action>${look}</action></recv>\n<nop test="1" next="${toCancel}" />`
}

export const label = (number: number): string => `<label id="${number}" />`

/** Goes on at a label. */
export const go = (to: number): string => `<nop next="${to}" />`

/** @returns the scenario as sipp reads it. */
export function scenario(name: string, steps: readonly string[]): string {
  const unused = steps.some((step) => step.includes('assign_to')) ? '<Reference variables="1" />\n' : ''
  return `<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="${name}">\n${steps.join('\n')}\n${unused}</scenario>\n`
}
