/**
 * Everything of control that runs: the rooms put together, started in their order, told of a changed configuration, and taken apart.
 *
 *   start   vaults, media, audit, history, directory, add-ins -> the access log -> SIP -> HTTP -> ready
 */

import { dirname } from 'node:path'
import { type AddIns, addInSettings, createAddIns } from '../add-ins/index.ts'
import { createAuditTrail, type RunningTrail } from '../audit/index.ts'
import type { Clock } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import { diskFiles } from '../base/config-files.ts'
import type { RandomBytes } from '../base/ids.ts'
import type { AdjustableLog } from '../base/log.ts'
import { type Calls, createCalls } from '../call/index.ts'
import { versionsIn } from '../directory/index.ts'
import { clipsIn, type FlowFolder, flowFolderOf, outsideOf } from '../flow/index.ts'
import type { CallHistory } from '../history/index.ts'
import { createMediaPool } from '../media/client.ts'
import type { MediaPool } from '../media/pool.ts'
import { sealingIn } from '../people/index.ts'
import type { SipEndpoint } from '../sip/index.ts'
import { createVaultPool } from '../vault/client.ts'
import type { VaultPool } from '../vault/pool.ts'
import { type Administration, administrationOf } from './administration.ts'
import { type Admission, createAdmission } from './admission.ts'
import { applyConfig } from './apply.ts'
import { logAuditEvent } from './audit-log.ts'
import { logCallEvent } from './call-log.ts'
import { ownMemory, returnMemoryWhenCalm } from './calm-memory.ts'
import { readAgain } from './config-source.ts'
import { type CurrentCertificates, currentCertificates } from './current-certificates.ts'
import { keepDialPlan, type PlanKeeper } from './dial-plan.ts'
import { createDirectory, type DirectoryHolder } from './directory.ts'
import { createEntrance, type Entrance } from './entrance.ts'
import { certificateProblems } from './file-checks.ts'
import { freeMemoryMegabytes, OWN_MEMORY } from './free-memory.ts'
import { keepHeapClose } from './heap-growth.ts'
import { historyOf } from './history.ts'
import { hostAddresses } from './host-addresses.ts'
import { introduce } from './introduction.ts'
import type { LogWriter } from './log-writer.ts'
import { watchLoop } from './loop-lateness.ts'
import { createMetrics } from './metrics.ts'
import { createNews } from './news.ts'
import { mediaPoolOptions, vaultPoolOptions } from './pool-options.ts'
import { recordingTerms, sealRecordings } from './recordings.ts'
import { createReloader, type ReloadAnswer, type Reloader } from './reload.ts'
import { reloadProblems } from './reload-checks.ts'
import { certificateFiles, createSipCertificates } from './sip-certificates.ts'
import { type SipChange, sipEndpointOf } from './sip-endpoint.ts'
import { logCertificates } from './sip-log.ts'
import { sipResolver } from './sip-resolver.ts'
import { readValidation } from './validation-files.ts'
import { type VaultWatch, watchVaults } from './vault-watch.ts'
import { openWeb, type Web } from './web.ts'
import { webOptions } from './web-options.ts'

export type ControlInput = {
  /** Text of the configuration file; undefined for the sample. */
  readonly text: string | undefined
  readonly fileName: string | undefined
  /** Folder of the files that come with Sotto: prompts, music. */
  readonly shippedFolder: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Lines for the person at the terminal; the log goes to standard output. */
  readonly say: (line: string) => void
}

/** What the entry file gives: time, chance, the log, and which program this is. */
export type Here = {
  readonly clock: Clock
  readonly wallMs: () => number
  readonly random: RandomBytes
  readonly log: AdjustableLog
  readonly lines: LogWriter
  readonly program: { readonly version: string; readonly node: string; readonly digest: string }
  /** @returns the path of the entry file of a process. */
  readonly entryFile: (name: 'media' | 'vault') => string
}

const RETRY_AFTER_SECONDS = 30

/** Everything that runs and has to be closed. */
export class Running {
  readonly calls: Calls
  /** As it counts just now. */
  config: Config
  readonly #input: ControlInput
  readonly #here: Here
  readonly #media: MediaPool
  readonly #vault: VaultPool
  readonly #vaultWatch: VaultWatch
  readonly #audit: RunningTrail
  readonly #sip: SipEndpoint
  readonly #resolver: ReturnType<typeof sipResolver>
  readonly #admission: Admission
  readonly #endMemoryWatch: () => void
  readonly #certificates: CurrentCertificates
  readonly #flows: FlowFolder
  readonly #flowFiles: FlowFolder
  readonly #history: CallHistory
  readonly #directory: DirectoryHolder
  readonly #entrance: Entrance
  readonly #plan: PlanKeeper
  readonly #administration: Administration
  readonly #addIns: AddIns
  readonly #metrics = createMetrics()
  readonly #sipNews = createNews<SipChange>()
  readonly #started = Promise.withResolvers<void>()
  readonly #reloader: Reloader
  #web: Web | undefined
  #ready = false
  #draining = false

  constructor(config: Config, input: ControlInput, here: Here) {
    const { clock, wallMs, random, log } = here
    this.config = config
    this.#input = input
    this.#here = here
    this.#vaultWatch = watchVaults(log)
    this.#audit = createAuditTrail({
      folder: config.audit.folder,
      clock,
      wallMs,
      random,
      program: here.program,
      onEvent: (event) => logAuditEvent(log, event),
    })
    const parts = { config: () => this.config, clock, log, entryFile: here.entryFile }
    this.#vault = createVaultPool(vaultPoolOptions(parts, input.shippedFolder, this.#vaultWatch))
    this.#media = createMediaPool(mediaPoolOptions(parts))
    this.#certificates = currentCertificates(config, (of) =>
      createSipCertificates(of, certificateFiles, clock, wallMs, (event) => logCertificates(log, event)),
    )
    this.#resolver = sipResolver(config.sip.dns.servers)
    this.#sip = sipEndpointOf(config, {
      ...{ clock, random, log, certificates: this.#certificates, resolver: this.#resolver },
      keySlip: this.#vault.keySlip,
      config: () => this.config,
      isBusy: () => this.#admission.isBusy(),
      onIncoming: (session) => this.calls.onIncoming(session),
      onText: (text) => this.calls.onText(text),
      watching: { may: (...who) => this.calls.watching.may(...who), dialogs: () => this.calls.watching.dialogs() },
      onChange: this.#sipNews.tell,
    })
    this.#admission = createAdmission({
      lateMs: () => (this.config.admission.enabled ? this.config.admission.controlLateMs : undefined),
      takeLateness: watchLoop(),
      freeMegabytes: () => freeMemoryMegabytes(OWN_MEMORY),
      leastFreeMegabytes: () => this.config.admission.freeMegabytes,
      sessions: () => this.#sip.sessionCount,
      mediaRefusal: () => this.#media.refusal(),
      refused: () => this.#sip.stats()['refused-full'] ?? 0,
      clock,
      log,
    })
    const memory = ownMemory(() => this.#sip.sessionCount, watchLoop())
    const ends = [keepHeapClose(clock, memory.cpuMs), returnMemoryWhenCalm(clock, memory)]
    this.#endMemoryWatch = () => {
      for (const end of ends) end()
    }
    this.#flows = flowFolderOf(
      () => this.config.secureInput,
      input.shippedFolder,
      () => versionsIn(this.#directory.picture()),
    )
    this.#flowFiles = flowFolderOf(() => this.config.secureInput, input.shippedFolder)
    const sealing = sealingIn(config.people.keyFile)
    this.#directory = createDirectory(config, here)
    this.#plan = keepDialPlan(config, {
      ...{ picture: this.#directory.picture, seal: sealing, log },
      folder: input.fileName === undefined ? undefined : dirname(input.fileName),
      problems: (of) => certificateProblems(of, diskFiles, wallMs),
    })
    this.#addIns = createAddIns({ settings: () => addInSettings(this.config.http), wallMs, log })
    const outside = { ...outsideOf(this.#flowFiles), plan: this.#plan.outside }
    this.#entrance = createEntrance(config, this.#directory, outside, { ...here, sealing })
    this.#administration = administrationOf(config, {
      ...{ ...here, shippedFolder: input.shippedFolder, directory: this.#directory, flows: this.#flows },
      current: () => this.config,
      reloadPrompts: () => this.#vault.reloadPrompts(),
    })
    this.calls = createCalls({
      directory: this.#directory.picture,
      sip: this.#sip,
      ownAddresses: hostAddresses(),
      mediaPool: this.#media,
      vaultPool: this.#vault,
      config,
      clock,
      random,
      log,
      validation: () => readValidation(this.config.secureInput.validation),
      flows: this.#flows,
      clipsOf: clipsIn(config.secureInput.promptsFolder),
      audit: this.#audit,
      attestationOf: this.#vaultWatch.attestationOf,
      recording: recordingTerms(() => this.config, wallMs),
      vaultProtected: () => this.config.vault.requireProtections === 'warn' || this.#vaultWatch.missing.length === 0,
    })
    this.calls.subscribe((event) => logCallEvent(log, event))
    this.calls.subscribe(this.#metrics.take)
    this.calls.subscribe(() => this.#sip.watchedChanged())
    this.#history = historyOf(config, this.calls, here)
    this.#reloader = createReloader({
      read: () => readAgain(input),
      current: () => this.config,
      check: (read, next) => reloadProblems(read, next, { files: diskFiles, flows: this.#flows, wallMs }),
      apply: (next) => this.#apply(next),
      plan: this.#plan,
      log,
    })
    this.#directory.subscribe(this.#reloader.takeDirectory)
  }

  async start(): Promise<void> {
    const health = () => ({
      ready: this.#ready && this.#vault.available && this.#media.refusal() !== 'media.lost',
      draining: this.#draining,
      calls: this.calls.size,
      vaults: this.#vault.processIds.length,
      media: this.#media.describe(),
      admission: this.#admission.view(),
      audit: this.#audit.available,
      accessLog: this.#entrance.web.accessLog.available,
      log: { available: this.#here.lines.available, dropped: this.#here.lines.dropped },
      history: this.#history.stats(),
    })
    await this.#sealRecordings()
    await Promise.all([
      ...[this.#vault.start(), this.#media.start(), this.#audit.start()],
      ...[this.#history.start(), this.#directory.start(), this.#addIns.load()],
    ])
    this.#reloader.takeDirectory()
    await this.#entrance.start()
    this.#certificates.load()
    await this.#sip.listen()
    this.#web = await openWeb(
      // Where the records cannot be written, another server may have their folder, and has written down there where it is.
      this.#audit.available ? this.config.audit.folder : undefined,
      webOptions(this.config, {
        ...this.#here,
        ...{
          shippedFolder: this.#input.shippedFolder,
          current: () => this.config,
          reload: () => this.reload(),
          health,
        },
        ...{ calls: this.calls, sip: this.#sip, sipNews: this.#sipNews, media: this.#media, vault: this.#vault },
        ...{ flows: this.#flows, flowFiles: this.#flowFiles, history: this.#history, audit: this.#audit },
        ...{ directory: this.#directory, plan: this.#plan, entrance: this.#entrance, metrics: this.#metrics },
        ...{ administration: this.#administration, addIns: this.#addIns },
      }),
    )
    this.#ready = true
    this.#started.resolve()
    this.#here.log.info('control.started', { pid: process.pid })
    this.#introduce()
  }

  /** Certificates may be others though the configuration says the same of them. */
  #sealRecordings(): Promise<void> {
    return sealRecordings(this.config.recording, { ...this.#here, media: this.#media, say: this.#input.say })
  }

  #introduce(): void {
    introduce({
      ...{ config: this.config, port: this.#web?.port ?? 0, firstRun: this.#entrance.firstRun },
      ...{ sip: this.#sip.listening, media: this.#media.describe(), missing: this.#vaultWatch.missing },
      ...{ records: this.#audit.available, log: this.#here.log, say: this.#input.say },
    })
  }

  /** Takes the configuration as it is now, or nothing of it; prompts, flows, certificates and add-ins with it. */
  async reload(): Promise<ReloadAnswer> {
    await this.#started.promise
    const answer = await this.#reloader.reload()
    if (answer.result === 'reloaded') await Promise.all([this.#addIns.load(), this.#sealRecordings()])
    return answer
  }

  #apply(config: Config): void {
    applyConfig(config, this.config, {
      ...{ log: this.#here.log, certificates: this.#certificates, resolver: this.#resolver, sip: this.#sip },
      ...{ calls: this.calls, history: this.#history, vault: this.#vault, web: this.#web },
    })
    this.config = config
  }

  drain(): void {
    this.#draining = true
    this.#sip.drain(RETRY_AFTER_SECONDS)
  }

  async close(): Promise<void> {
    await this.#web?.close()
    this.#admission.close()
    this.#endMemoryWatch()
    await this.#sip.close()
    await Promise.all([this.#vault.close(), this.#media.close(), this.#administration.close()])
    await this.#entrance.stop()
    await Promise.all([this.#audit.stop(), this.#history.stop(), this.#directory.stop()])
    this.#here.lines.close()
  }
}
