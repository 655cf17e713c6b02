/** SRTP of a scripted phone: one suite, a key of its own that it can change, and the far end's as its description gave it. */

import { randomBytes } from 'node:crypto'
import { type SrtpSuiteName, srtpSuite } from '../base/srtp-suites.ts'
import { SrtcpContext } from '../rtp/srtcp.ts'
import { SrtpContext } from '../rtp/srtp.ts'
import { readCrypto, writeCrypto } from '../sip/sdes.ts'
import { parseSdp, type SdpProfile } from '../sip/sdp.ts'

export type PhoneSrtpTerms = { readonly suite: SrtpSuiteName; readonly profile: SdpProfile }

export class PhoneSrtp {
  readonly #suite: SrtpSuiteName
  #profile: SdpProfile
  #tag = 1
  #master: Uint8Array
  #sending: SrtpContext
  #receiving: { readonly key: string; readonly rtp: SrtpContext; readonly rtcp: SrtcpContext } | undefined

  constructor({ suite, profile }: PhoneSrtpTerms) {
    this.#suite = suite
    this.#profile = profile
    this.#master = this.#newMaster()
    this.#sending = new SrtpContext(suite, this.#master)
  }

  /** What its description says of its keys. */
  get described(): { readonly profile: SdpProfile; readonly crypto: string } {
    return {
      profile: this.#profile,
      crypto: writeCrypto({ tag: this.#tag, suite: this.#suite, master: this.#master }),
    }
  }

  /** Another key from now on, and another number for its line. */
  rekey(): void {
    const { sources } = this.#sending
    this.#master = this.#newMaster()
    this.#sending = new SrtpContext(this.#suite, this.#master, sources)
    this.#tag += 1
  }

  /** Reads the far end's keys. @param answers as an offer to be answered: with its profile, under the number of its line. */
  follow(body: string, answers: boolean): void {
    const session = parseSdp(body)
    const audio = session?.secureAudio ?? session?.audio
    for (const value of audio?.crypto ?? []) {
      const read = readCrypto(value)
      if (read.result !== 'usable' || read.line.suite !== this.#suite) continue
      if (answers) {
        this.#profile = session?.secureAudio === undefined ? 'RTP/AVP' : 'RTP/SAVP'
        this.#tag = read.line.tag
      }
      const key = Buffer.from(read.line.master).toString('base64')
      if (this.#receiving?.key === key) return
      const rtp = new SrtpContext(this.#suite, read.line.master, [], this.#receiving?.rtp.sources)
      this.#receiving = { key, rtp, rtcp: new SrtcpContext(this.#suite, read.line.master) }
      return
    }
  }

  /** @returns an RTP packet as it is sent. */
  seal(octets: Uint8Array): Uint8Array {
    const packet = new Uint8Array(octets.length + this.#sending.growth)
    packet.set(octets)
    const length = this.#sending.protect(packet, octets.length)
    if (length < 0) throw new Error(`cannot be protected: ${length}`)
    return packet.subarray(0, length)
  }

  /** @returns the plain RTP packet; undefined when the far end did not make it. */
  open(octets: Uint8Array): Uint8Array | undefined {
    const length = this.#receiving?.rtp.open(octets, octets.length) ?? -1
    return length < 0 ? undefined : octets.subarray(0, length)
  }

  /** The same of RTCP. */
  openReport(octets: Uint8Array): Uint8Array | undefined {
    const length = this.#receiving?.rtcp.open(octets, octets.length) ?? -1
    return length < 0 ? undefined : octets.subarray(0, length)
  }

  #newMaster(): Uint8Array {
    const { keySize, saltSize } = srtpSuite(this.#suite)
    return randomBytes(keySize + saltSize)
  }
}
