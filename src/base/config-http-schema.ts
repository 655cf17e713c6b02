/** Settings of the HTTP interface: where it listens, under which names, and who may everything. */

import { Type } from 'typebox'
import {
  ADDRESS,
  AT_START,
  FILE,
  flag,
  group,
  HOST,
  NAME,
  networks,
  ORIGIN,
  port,
  secret,
  text,
} from './config-kinds.ts'

export const http = group('The HTTP interface.', {
  address: text('Address of this machine.', { default: '127.0.0.1', ...ADDRESS, ...AT_START }),
  port: port('Port; 0 lets the system choose.', 8080, AT_START),
  hosts: Type.Array(text('Host name.', { ...HOST, sample: 'desk.example.com' }), {
    maxItems: 100,
    uniqueItems: true,
    default: [],
    ...AT_START,
    description:
      'Names that people use it under. Numeric addresses and localhost need not be named, nor does any name for requests with a token.',
  }),
  proxies: networks(
    'Proxies that are believed who asks and whether that came over TLS (X-Forwarded-For, X-Forwarded-Proto); they must overwrite what they are sent.',
    AT_START,
  ),
  embedders: Type.Array(text('Origin of a page.', { ...ORIGIN, sample: 'https://crm.example.com' }), {
    maxItems: 64,
    uniqueItems: true,
    default: [],
    ...AT_START,
    description:
      'Pages of others that may have the agent desk within them and use the API with a token, such as https://crm.example.com. No cookie goes along.',
  }),
  tokens: Type.Array(
    group('A program or person that may use it.', {
      name: text('Who that is, for the record.', { ...NAME, sample: 'desk' }),
      token: secret('The bearer token, at least 16 characters.', {
        minLength: 16,
        sample: 'change-me-to-something-long',
      }),
    }),
    {
      maxItems: 100,
      default: [],
      description:
        'Who may everything, whoever logs in: for the first administrator, and for programs on this machine. Others get API tokens of users.',
    },
  ),
  addInsFolder: Type.Optional(
    text('Folder of add-ins, which draw custom forms in the desk (docs/ADD-INS.md); none when absent.', FILE),
  ),
  lookups: group('Where add-ins may have this server look something up.', {
    allowHosts: Type.Array(text('Host name or address.', { ...HOST, sample: 'orders.example.com' }), {
      maxItems: 100,
      uniqueItems: true,
      default: [],
      description: 'Hosts that may be asked, over HTTPS; none when empty.',
    }),
    caFile: Type.Optional(
      text('Certificate authorities trusted for them, PEM, instead of those that Node knows.', FILE),
    ),
    plainLoopback: flag('Whether numeric addresses of this machine may be asked over HTTP without TLS.', false),
  }),
  tls: Type.Optional(
    group(
      'Serves HTTPS instead of HTTP.',
      {
        certFile: text('Certificate, PEM.', { ...FILE, sample: 'tls/cert.pem' }),
        keyFile: text('Key, PEM.', { ...FILE, sample: 'tls/key.pem' }),
      },
      AT_START,
    ),
  ),
})
