/**
 * An Asterisk that is installed on this machine, as a peer to measure beside: a configuration of its own on loopback, in which a caller of 300 is
 * answered and asked for a card, an expiry date and a code by `Read()`, keys in the sound listened to by its own detector, or is sent on to
 * a PBX. Versions with chan_sip (up to 20).
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createEncoder } from '../../src/rtp/codec.ts'
import { Downsample2 } from '../../src/rtp/resample.ts'
import { parseWav } from '../../src/rtp/wav.ts'

export type Asterisk = {
  readonly processId: number
  readonly version: string
  /** What was keyed in each call so far, as the dialplan logged it. */
  keyed(): readonly string[]
  stop(): Promise<void>
}

const START_LIMIT_MS = 20_000
const RTP_PORTS = { min: 26_000, max: 29_999 } as const
/** What is asked, in the order and the words of Sotto's own card flow. */
const PROMPTS = ['welcome', 'ask-card-number', 'ask-expiry', 'ask-security-code'] as const
const FILES = {
  'sip.conf': (sipPort: number, dtmfMode: string): string => `[general]
udpbindaddr=127.0.0.1:${sipPort}
context=default
allowguest=yes
disallow=all
allow=alaw
dtmfmode=${dtmfMode}
alwaysauthreject=no
directmedia=no
`,
  'modules.conf': (): string => '[modules]\nautoload=yes\n',
  'logger.conf': (): string => '[general]\n[logfiles]\nconsole => notice,warning,error,verbose\n',
  'rtp.conf': (): string => `[general]\nrtpstart=${RTP_PORTS.min}\nrtpend=${RTP_PORTS.max}\n`,
} as const

/** @returns the version of the Asterisk that is installed, or `undefined`. */
export function asteriskVersion(): string | undefined {
  try {
    return execFileSync('asterisk', ['-V'], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

/**
 * Starts it and waits until it takes calls. @param folder for its files. @param pbxPort where 300 is sent on to; asked for a card when absent.
 * @throws Error when it does not start.
 */
export async function startAsterisk(folder: string, sipPort: number, pbxPort?: number): Promise<Asterisk> {
  const version = asteriskVersion()
  if (version === undefined) throw new Error('Asterisk is not installed')
  for (const name of ['etc', 'run', 'log', 'spool', 'db', 'prompts']) mkdirSync(join(folder, name), { recursive: true })
  for (const [name, text] of Object.entries(FILES)) {
    writeFileSync(join(folder, 'etc', name), text(sipPort, pbxPort === undefined ? 'inband' : 'rfc2833'))
  }
  for (const prompt of PROMPTS) writePrompt(folder, prompt)
  writeFileSync(join(folder, 'etc/asterisk.conf'), settings(folder))
  writeFileSync(join(folder, 'etc/extensions.conf'), pbxPort === undefined ? asking(folder) : sendingOn(pbxPort))
  // What is said aloud is read for the keys; where none are asked for it says nothing.
  const says = pbxPort === undefined ? ['-vvv'] : []
  const child = spawn('asterisk', ['-f', '-n', ...says, '-C', join(folder, 'etc/asterisk.conf')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keyed: string[] = []
  const read = (chunk: Buffer): void => {
    output += chunk.toString('latin1')
    const lines = output.split('\n')
    output = lines.pop() ?? ''
    for (const line of lines) {
      const found = /KEYED ([\d*#,]*)/.exec(line)?.[1]
      if (found !== undefined && !/Executing/.test(line)) keyed.push(found)
    }
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  await ready(child, folder)
  return { processId: child.pid ?? 0, version, keyed: () => keyed, stop: () => stop(child) }
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      done()
      return
    }
    child.once('exit', () => done())
    child.kill('SIGTERM')
  })
}

/** Asked through its own console socket, as `asterisk -rx` does. */
async function ready(child: ChildProcess, folder: string): Promise<void> {
  const endMs = performance.now() + START_LIMIT_MS
  for (;;) {
    try {
      execFileSync('asterisk', ['-C', join(folder, 'etc/asterisk.conf'), '-rx', 'core waitfullybooted'], {
        stdio: 'ignore',
      })
      return
    } catch {
      if (child.exitCode !== null || performance.now() > endMs) throw new Error('Asterisk does not start')
      await new Promise((again) => setTimeout(again, 200))
    }
  }
}

function settings(folder: string): string {
  const modules = /AST_MODDIR|astmoddir\s*=>\s*(\S+)/.exec(installedSettings())?.[1]
  return `[directories]
astetcdir => ${join(folder, 'etc')}
astrundir => ${join(folder, 'run')}
astlogdir => ${join(folder, 'log')}
astspooldir => ${join(folder, 'spool')}
astdbdir => ${join(folder, 'db')}
${modules === undefined ? '' : `astmoddir => ${modules}\n`}[options]
transmit_silence = yes
`
}

/** The settings that came with the installation name where its modules are. */
function installedSettings(): string {
  for (const file of [process.env['ASTERISK_CONF'] ?? '', '/etc/asterisk/asterisk.conf']) {
    try {
      return readFileSync(file, 'utf8')
    } catch {
      // The next one, or what was compiled in.
    }
  }
  return ''
}

function sendingOn(pbxPort: number): string {
  return `[default]\nexten => 300,1,Dial(SIP/300@127.0.0.1:${pbxPort})\n`
}

function asking(folder: string): string {
  const prompt = (name: (typeof PROMPTS)[number]): string => join(folder, 'prompts', name)
  return `[default]
exten => 300,1,Answer()
 same => n,Read(CARD,${prompt('welcome')}&${prompt('ask-card-number')},19,,3,15)
 same => n,Read(EXPIRY,${prompt('ask-expiry')},5,,3,15)
 same => n,Read(CODE,${prompt('ask-security-code')},5,,3,15)
 same => n,Verbose(1,KEYED \${CARD},\${EXPIRY},\${CODE})
 same => n,Wait(60)
`
}

/** Asterisk plays a file of A-law octets without decoding it. */
function writePrompt(folder: string, name: (typeof PROMPTS)[number]): void {
  const wav = parseWav(readFileSync(resolve(import.meta.dirname, '../../prompts/en', `${name}.wav`)))
  if (wav === undefined) throw new Error(`no prompt ${name}`)
  const half = new Int16Array(Math.ceil(wav.samples.length / 2))
  const even = wav.samples.length - (wav.samples.length % 2)
  const samples =
    wav.sampleRate === 8000 ? wav.samples : half.subarray(0, new Downsample2().run(wav.samples, even, half))
  const octets = new Uint8Array(samples.length)
  createEncoder('PCMA').encode(samples, samples.length, octets, 0)
  writeFileSync(join(folder, 'prompts', `${name}.alaw`), octets)
}
