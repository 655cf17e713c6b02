/**
 * Every key of the configuration: its type, unit, default and a sentence. The keys refused, the documentation and the example file
 * all come from here.
 *
 * Annotations beside those of JSON Schema: `secret` (parsed into a `Secret`, never printed), `path` (a file or folder; relative ones are
 * resolved against the folder of the configuration file), `data` (so is its default), `says` (what a pattern means, for people), `sample` (a value for the
 * example file), `restart` (a reload leaves it as it was).
 */

import { type Static, Type } from 'typebox'
import { directory } from './config-directory-schema.ts'
import { http } from './config-http-schema.ts'
import { AT_START, DIALLED, FILE, flag, group, HOST, NAME, oneOf, PIN, text, whole } from './config-kinds.ts'
import { media } from './config-media-schema.ts'
import { people } from './config-people-schema.ts'
import { phone, route } from './config-plan-schema.ts'
import { recording } from './config-recording-schema.ts'
import { sip } from './config-sip-schema.ts'
import { type SrtpPolicy, trunk } from './config-trunk-schema.ts'
import type { Secret } from './secret.ts'

export type { SrtpPolicy }

const workgroup = group('Phones that are called together.', {
  name: text('Name, for routes.', { ...NAME, sample: 'payments' }),
  strategy: oneOf('Whom to ring.', ['ring-all', 'one-after-another'], 'ring-all'),
  phones: Type.Array(text('Account of a phone.', { ...NAME, sample: 'agent-1' }), {
    minItems: 1,
    maxItems: 200,
    description: 'Accounts, in the order of ringing.',
  }),
  ringSeconds: whole('How long all of them, or each one, is rung.', 3, 600, 20),
})

const validation = group('The web service that checks what was entered.', {
  url: text('Its address; https only.', {
    default: 'https://127.0.0.1:8443/validate',
    pattern: '^https://[^\\s@]{1,2000}$',
    says: 'a URL that begins with https:// and holds no password',
  }),
  format: oneOf(
    'What is sent: "xml" as in the source\'s description, "json", or "sealed", which is JSON encrypted to publicKeyFile (JWE).',
    ['xml', 'json', 'sealed'],
    'xml',
  ),
  publicKeyFile: Type.Optional(
    text('Public key of the back end for "sealed", JWK or PEM: RSA of 2048 to 4096 bits, P-256 or X25519.', FILE),
  ),
  caFile: Type.Optional(text('Certificate authorities trusted for it, PEM. The ones of the system are not.', FILE)),
  caFolder: Type.Optional(
    text('Folder of such files; read anew for each secure session, so that old and new may overlap.', FILE),
  ),
  pins: Type.Array(text('SHA-256 of a public key, base64.', PIN), {
    maxItems: 16,
    uniqueItems: true,
    default: [],
    description:
      'Public keys that the service may have, beside a trusted certificate; any when empty. "sotto cert fetch" shows them.',
  }),
  serverName: Type.Optional(text('Name in its certificate when it is not the one in the URL.', HOST)),
  timeoutSeconds: whole('From connecting to the end of the reply, all attempts together.', 1, 120, 10),
  retry: oneOf(
    'What may be sent again: nothing; what certainly nobody acted on; or also after a lost reply, when the service honours the idempotency key.',
    ['never', 'before-sending', 'idempotent'],
    'before-sending',
  ),
  retries: whole('How often it is tried again at most.', 0, 10, 2),
  clientCertFile: Type.Optional(text('Certificate shown to it, PEM.', FILE)),
  clientKeyFile: Type.Optional(text('Key of that certificate, PEM.', FILE)),
  reply: oneOf(
    '"lenient" takes XML without the declaration or with a reference, and JSON with members that nobody knows.',
    ['strict', 'lenient'],
    'strict',
  ),
  allowHosts: Type.Array(text('Host name or address.', HOST), {
    maxItems: 100,
    default: [],
    description: 'Hosts that the URL may name; any when empty.',
  }),
})

const secureInput = group('Secure sessions.', {
  enabled: flag('Whether agents can start one.', true),
  featureCode: text('Keys the agent presses to start one.', {
    default: '*71',
    pattern: '^[*#][0-9*#]{1,7}$',
    says: '* or # and one to seven more keys',
  }),
  info: oneOf(
    'Keys by SIP INFO: "accept" takes them from the caller during a secure session and from the agent for the feature code; "refuse" answers 415.',
    ['accept', 'refuse'],
    'accept',
    AT_START,
  ),
  srtp: oneOf(
    'Whether the caller\'s sound must be encrypted: "required" lets no session start in a call whose caller speaks plain RTP.',
    ['any', 'required'],
    'any',
  ),
  language: text('Language of the prompts, where the flow does not say; a folder of that name holds them.', {
    default: 'en',
    pattern: '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$',
    says: 'a language tag such as en or de-AT',
  }),
  promptsFolder: text('Folder with one folder of prompts for each language.', {
    default: 'prompts',
    ...FILE,
    ...AT_START,
  }),
  flowsFolder: text('Folder of flows: drafts, and the versions that were published.', {
    default: 'flows',
    ...FILE,
    ...AT_START,
  }),
  flow: text('Flow of a session that names none, such as one begun by feature code.', {
    default: 'card-payment',
    pattern: '^[a-z][a-z0-9-]{0,63}(@[1-9][0-9]{0,5})?$',
    says: 'the id of a flow, such as card-payment, or one version of it, such as card-payment@2',
  }),
  firstDigitSeconds: whole('From the end of a prompt to the first key, where the flow does not say.', 1, 300, 15),
  interDigitSeconds: whole('From one key to the next, where the flow does not say.', 1, 120, 5),
  attempts: whole('How often each field may be tried, where the flow does not say.', 1, 10, 3),
  sessionSeconds: whole('Longest time of one secure session, where the flow does not say.', 30, 3600, 300),
  allowedBrands: Type.Array(
    Type.Enum(['visa', 'mastercard', 'american-express', 'diners-club', 'discover', 'jcb', 'unionpay', 'maestro']),
    {
      maxItems: 8,
      uniqueItems: true,
      default: ['visa', 'mastercard', 'american-express', 'diners-club', 'discover', 'jcb', 'unionpay', 'maestro'],
      description: 'Card brands taken, where the flow does not say.',
    },
  ),
  validation,
})

/** The whole tree. */
export const configSchema = group('Sotto.', {
  sip,
  media,
  vault: group('The processes that take the digits.', {
    processes: whole('How many.', 1, 16, 1, AT_START),
    requireProtections: oneOf(
      '"refuse" lets no secure session start while a vault lacks one of its protections; "warn" logs it.',
      ['warn', 'refuse'],
      'warn',
    ),
  }),
  audit: group('The signed record of every secure session.', {
    folder: text(
      'Folder of the records and of the key that signs them; the default is beside the configuration file.',
      {
        default: 'var/audit',
        ...FILE,
        ...AT_START,
        data: true,
      },
    ),
  }),
  history: group(
    'What is kept of every call: times, legs, codecs, quality, why it ended, outcomes of secure sessions.',
    {
      enabled: flag('Whether it is kept.', true, AT_START),
      file: text('SQLite file; the default is beside the configuration file.', {
        default: 'var/history/calls.sqlite',
        ...FILE,
        ...AT_START,
        data: true,
      }),
      keepDays: whole('Days after which a call is forgotten, and what was kept of it overwritten.', 1, 3650, 90),
      hideDigits: whole(
        "How many of the last digits of callers' and dialled numbers are kept as stars. Numbers are personal data.",
        0,
        32,
        0,
      ),
    },
  ),
  recording,
  directory,
  people,
  admission: group(
    'When new calls are refused (503 with Retry-After), so that those that run do not suffer. Nothing is ever refused inside a call.',
    {
      enabled: flag('Whether new calls are refused because Sotto is late. Without ports they are in any case.', true),
      mediaLateMs: whole(
        'Milliseconds. A media process takes no more calls when one in a hundred of its beats came later than this, in three of five seconds; it takes them again after five seconds below half of it.',
        2,
        1000,
        20,
      ),
      controlLateMs: whole(
        'Milliseconds. The same of the process that does the signalling: while it is late, no new call is taken at all.',
        10,
        5000,
        200,
      ),
      freeMegabytes: whole(
        'Megabytes. While fewer are left of the memory that the server, its container or the machine has, no new call is taken; 0 takes calls whatever is left.',
        0,
        1_000_000,
        64,
      ),
    },
  ),
  phones: Type.Array(phone, { maxItems: 5000, default: [], description: 'Softphones that register here.' }),
  workgroups: Type.Array(workgroup, { maxItems: 1000, default: [], description: 'Phones that are called together.' }),
  trunks: Type.Array(trunk, { maxItems: 1000, default: [], description: 'Carriers and PBXs.' }),
  routes: Type.Array(route, { maxItems: 10_000, default: [], description: 'From dialled number to callee.' }),
  emergency: group(
    'Emergency numbers. A call to one is passed before all routes, and nothing refuses it or acts within it (docs/ARCHITECTURE.md).',
    {
      numbers: Type.Array(text('The number as it is dialled.', DIALLED), {
        maxItems: 100,
        uniqueItems: true,
        default: [],
        description: 'The numbers; none when empty.',
      }),
      trunk: Type.Optional(text('Name of the trunk that takes them.', NAME)),
      fromTrunks: Type.Array(text('Name of a trunk.', NAME), {
        maxItems: 100,
        default: [],
        description: 'Trunks that may call them too, such as a PBX; phones always may.',
      }),
    },
  ),
  secureInput,
  http,
  log: group('The log, one JSON object a line on standard output.', {
    level: oneOf('Least level that is written.', ['debug', 'info', 'warn', 'error'], 'info'),
  }),
  drainSeconds: whole('How long calls may go on after TERM.', 0, 86_400, 300),
})

type Frozen<T> = T extends Secret ? T : T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T

/** The configuration as the rest of Sotto sees it: complete, checked and frozen. */
export type Config = Frozen<Static<typeof configSchema>>
