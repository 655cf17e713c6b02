/**
 * Leaks to plant in a copy of Sotto, one sink each, and the line of `sotto leak-test` that has to say so. A plant is a small change of source, in code
 * that need not be typed: the copy is only run.
 */

import type { Edit } from './planted-tree.ts'

export type Plant = {
  readonly leak: string
  /** The sink that must be reported. */
  readonly sink: RegExp
  readonly edits: readonly Edit[]
}

/** Every key that is kept goes to control, past the contract; control calls `planted` with it. */
const KEYS_TO_CONTROL: readonly Edit[] = [
  {
    file: 'src/vault/entry.ts',
    from: /\badd\(key: \w+\): boolean \{\n/,
    to: '$&    process.send?.({ planted: Number(key) })\n',
  },
  {
    file: 'src/base/channel.ts',
    from: /const onMessage = \(message: unknown, handle: unknown\) => \{\n/,
    to: '$&    if (message?.planted !== undefined) {\n      globalThis.planted?.(message.planted)\n      return\n    }\n',
  },
]

/** From control on to media. */
const KEYS_TO_MEDIA: readonly Edit[] = [
  ...KEYS_TO_CONTROL,
  {
    file: 'src/control/priority.ts',
    from: /function raised\(child: ChildProcess\): ChildProcess \{\n/,
    to: '$&  ;(globalThis.plantedChildren ??= []).push(child)\n',
  },
  {
    file: 'src/control.ts',
    append: withEachKey(
      'globalThis.plantedChildren.forEach((child) => child.connected && child.send({ planted: key }))',
    ),
  },
]

/** Several plants may stand in one file: each does its part. */
function withEachKey(code: string): string {
  return `{
  const before = globalThis.planted
  let all = ''
  globalThis.planted = (key) => {
    before?.(key)
    all += key
    globalThis.all = all
    ${code}
  }
}`
}

/** What is done with each key in control. `all` holds the keys so far, as text. */
function inControl(leak: string, sink: RegExp, code: string, more: readonly Edit[] = []): Plant {
  const append = withEachKey(code)
  return { leak, sink, edits: [...KEYS_TO_CONTROL, { file: 'src/control.ts', append }, ...more] }
}

/** What is done with each key in media. */
function inMedia(leak: string, sink: RegExp, code: string, more: readonly Edit[] = []): Plant {
  const append = withEachKey(code)
  return { leak, sink, edits: [...KEYS_TO_MEDIA, { file: 'src/media.ts', append }, ...more] }
}

function inVault(leak: string, sink: RegExp, code: string, more: readonly Edit[] = []): Plant {
  const from = /\badd\(key: \w+\): boolean \{\n/
  return { leak, sink, edits: [{ file: 'src/vault/entry.ts', from, to: `$&    ${code}\n` }, ...more] }
}

/** A frame of hold music before it is sent, PCMA: `mix` may change it. */
const MIX: Edit = {
  file: 'src/media/play.ts',
  from: /const \{ outlet, frame \} = room\n/,
  to: '$&  globalThis.mix?.(frame, count)\n',
}
const TONES = (level: number, keepsMusic: boolean): string => `
import { writeKey as plantKey } from './rtp/tone.ts'
import { createEncoder as plantEncoder, createDecoder as plantDecoder } from './rtp/codec.ts'
let tone = new Int16Array(0)
globalThis.toneOf = (key) => { tone = new Int16Array(800); plantKey(tone, 0, key, 100, ${level}, 8000) }
globalThis.mix = (frame, count) => {
  if (tone.length === 0) return
  const pcm = new Int16Array(count)
  const packet = new Uint8Array(12 + count)
  packet.set(frame.subarray(0, count), 12)
  ${keepsMusic ? "plantDecoder('PCMA').decode(packet, 12, 12 + count, pcm)" : ''}
  for (let i = 0; i < count; i++) pcm[i] = Math.max(-32768, Math.min(32767, pcm[i] + (tone[i] ?? 0)))
  tone = tone.slice(count)
  plantEncoder('PCMA').encode(pcm, count, packet, 12)
  frame.set(packet.subarray(12))
}`

const FS = "process.getBuiltinModule('node:fs')"
const LINE = (fields: string): string => `process.stdout.write(JSON.stringify({ level: 'debug', ${fields} }) + '\\n')`

/** Files that plants write; removed by whoever runs them. */
export const PLANTED_FILES = ['/tmp/sotto-planted.tmp', '/dev/shm/sotto-planted.page']

export const PLANTS: readonly Plant[] = [
  inControl('text in the memory of control', /^memory: control/, 'globalThis.kept = Buffer.from(all)'),
  inControl('UTF-16 in the memory of control', /^memory: control/, "globalThis.kept = Buffer.from(all, 'utf16le')"),
  inControl(
    'packed decimals in the memory of control',
    /^memory: control/,
    "globalThis.kept = Buffer.from(all, 'hex')",
  ),
  inControl(
    'the number reversed in the memory of control',
    /^memory: control/,
    'globalThis.kept = Buffer.from(all).reverse()',
  ),
  inControl(
    'a string on the heap of control',
    /^heap snapshot: control/,
    "globalThis.kept = JSON.parse(JSON.stringify('<' + all + '>'))",
  ),
  inMedia('codes in the memory of media', /^memory: media/, 'globalThis.kept = Uint8Array.from(all, Number)'),
  inMedia(
    'a string on the heap of media',
    /^heap snapshot: media/,
    "globalThis.kept = JSON.parse(JSON.stringify('<' + all + '>'))",
  ),
  inMedia('keys in a core file of media', /^core file: media/, "globalThis.kept = Buffer.from(all, 'latin1')"),
  inVault(
    'an entry kept in clear beyond the wipe',
    /^memory: vault/,
    'const kept = (globalThis.kept ??= Buffer.alloc(64)); kept[(globalThis.count = (globalThis.count ?? 0) + 1)] = Number(key)',
  ),
  inVault('a string built in the vault', /^memory: vault/, "globalThis.kept = (globalThis.kept ?? '') + key"),
  {
    leak: 'a request that outlives the wipe',
    sink: /^memory: vault/,
    edits: [
      { file: 'src/vault/attempt.ts', from: /\bbody\.close\(\)/, to: 'globalThis.kept = body' },
      { file: 'src/vault/attempt.ts', from: /\(\) => body\.wipe\(\)/, to: '() => undefined' },
    ],
  },
  {
    leak: 'a reply that repeats the number, kept as received',
    sink: /^memory: vault/,
    edits: [
      { file: 'src/vault/attempt.ts', from: /\bchunk\.bytes\.fill\(0, 0, size\)/, to: 'globalThis.kept = chunk' },
      { file: 'src/vault/attempt.ts', from: /\bchunk\.wipe\(\)/, to: 'globalThis.kept = chunk' },
      { file: 'src/vault/attempt.ts', from: /\bchunk\.close\(\)/, to: 'globalThis.kept = chunk' },
      {
        file: 'src/validation/ledger.ts',
        from: /'Only published test cards are taken here'/,
        to: "'No card ' + items.find(({ name }) => name === cardName)?.value + ' is known here'",
      },
    ],
  },
  {
    leak: 'datagrams of keys that are not overwritten',
    sink: /^memory: vault/,
    edits: [
      {
        file: 'src/vault/keypad.ts',
        from: /^ {4}received\.fill\(0\)\n/m,
        to: '    ;(globalThis.kept ??= []).push(received.slice())\n',
      },
    ],
  },
  {
    leak: 'a vault that can be dumped',
    sink: /^(?:core file: vault|vault: not to be dumped)/,
    edits: [{ file: 'src/vault/harden.ts', from: /prctl\(PR_SET_DUMPABLE, 0n/, to: 'prctl(PR_SET_DUMPABLE, 1n' }],
  },
  {
    leak: 'a vault that may leave core files',
    sink: /^vault: not to be dumped/,
    edits: [{ file: 'src/vault/harden.ts', from: /calls\?\.setrlimit\([^)]*\([^)]*\)\)/, to: '0' }],
  },
  inControl('a debug line for each key', /^logs/, LINE("event: 'secure.progress', count: key")),
  inControl(
    'a log line with the number in pieces',
    /^logs/,
    LINE("event: 'kept', a: all.slice(0, 5), b: all.slice(5, 9), c: all.slice(9, 16)"),
  ),
  inControl(
    'base64 in the log',
    /^logs/,
    LINE("event: 'kept', body: Buffer.from('card=' + all + ';').toString('base64')"),
  ),
  inControl(
    'an error that quotes the number',
    /^logs/,
    "process.stderr.write(String(new Error('cannot charge ' + all).stack) + '\\n')",
  ),
  inMedia('what media prints', /^logs/, "process.stderr.write('keys ' + all + '\\n')"),
  inControl('a temporary file', /^files/, `${FS}.writeFileSync('${PLANTED_FILES[0]}', all)`),
  inControl(
    'a page in a file, as swap has it',
    /^files/,
    `${FS}.writeFileSync('${PLANTED_FILES[1]}', Buffer.concat([Buffer.alloc(4096), Buffer.from(all, 'latin1').map((octet) => octet - 48), Buffer.alloc(4096)]))`,
  ),
  inControl('a digit in each event of the API', /^API/, 'globalThis.digit = key', [
    {
      file: 'src/web/event-stream.ts',
      from: /send: \(name, value\) => \{\n/,
      to: '$&      value = { ...value, digit: globalThis.digit }\n',
    },
  ]),
  inControl(
    'a call of a web hook with the number',
    /^everything on the wire/,
    `const http = process.getBuiltinModule('node:http')
     globalThis.hook ??= http.createServer((request, response) => { request.resume(); response.end() }).listen(0, '127.0.0.1')
     const to = globalThis.hook.address()
     if (to) http.request({ port: to.port, host: '127.0.0.1', method: 'POST', agent: false }).on('error', () => undefined).end(JSON.stringify({ card: all }))`,
  ),
  {
    leak: 'a validation request outside TLS',
    sink: /^everything on the wire/,
    edits: [
      {
        file: 'src/vault/attempt.ts',
        from: /^ {4}sent = true\n/m,
        to: "$&    process.getBuiltinModule('node:net').createConnection(plan.validation.port, '127.0.0.1').on('error', () => undefined).end(Buffer.from(body.bytes.subarray(0, size)))\n",
      },
    ],
  },
  inControl('a SIP header with the number', /^everything on the wire/, '', [
    {
      file: 'src/sip/write-message.ts',
      from: /let text = `\$\{parts\.method\}[^\n]*\n/,
      to: "$&  if (globalThis.all) text += 'X-Note: ' + globalThis.all + '\\r\\n'\n",
    },
  ]),
  inControl(
    'an INFO to the agent for each key',
    /^RTP legs: events/,
    "globalThis.tellAgent?.(Buffer.from('INFO sip:agent@127.0.0.1 SIP/2.0\\r\\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK' + Math.random() + '\\r\\nFrom: <sip:a@127.0.0.1>;tag=1\\r\\nTo: <sip:agent@127.0.0.1>\\r\\nCall-ID: ' + Math.random() + '\\r\\nCSeq: 1 INFO\\r\\nMax-Forwards: 70\\r\\nContent-Type: application/dtmf-relay\\r\\nContent-Length: 8\\r\\n\\r\\nSignal=' + key))",
    [
      {
        file: 'src/sip/udp-transport.ts',
        from: /\bsend\(octets: Uint8Array, flow: Flow, [^\n]*\{\n/,
        to: '$&    globalThis.tellAgent ??= (info) => this.send(info, flow)\n',
      },
    ],
  ),
  inMedia('telephone-events on the agent\u2019s leg', /^RTP legs: events/, 'globalThis.eventOf(key)', [
    {
      file: 'src/media.ts',
      append: `import { sendRtp as plantRtp } from './media/outlet.ts'
import { addSequence as plantNext } from './rtp/sequence.ts'
globalThis.eventOf = (key) => {
  for (const port of room.ports) {
    const type = port.stream?.sendEventPayloadType
    if (type === undefined) continue
    const payload = Uint8Array.of(key, 0x8a, 3, 0x20)
    for (let i = 0; i < 3; i++) {
      plantRtp(room.outlet, port, type, i === 0, port.flow.nextSequence, port.flow.nextTimestamp, payload, 0, 4)
      port.flow.nextSequence = plantNext(port.flow.nextSequence, 1)
    }
  }
}`,
    },
  ]),
  inMedia('the caller\u2019s tones on the agent\u2019s leg', /^RTP legs: events/, 'globalThis.toneOf(key)', [
    MIX,
    { file: 'src/media.ts', append: TONES(-10, false) },
  ]),
  inMedia('tones mixed quietly into the music', /^RTP legs: tones below/, 'globalThis.toneOf(key)', [
    MIX,
    { file: 'src/media.ts', append: TONES(-36, true) },
  ]),
  inMedia(
    'music that falters with each key',
    /^RTP legs: cadence/,
    'for (const end = performance.now() + 14; performance.now() < end; );',
  ),
]
