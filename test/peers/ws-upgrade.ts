/** The request that opens a WebSocket for SIP (RFC 6455 section 4.1, RFC 7118 section 4.1), line by line, for clients that write every octet themselves. */
export const UPGRADE: readonly string[] = [
  'GET / HTTP/1.1',
  'Host: sip.example.com',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: sip',
]
