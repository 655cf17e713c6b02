/**
 * Entry of the control process: puts the rooms together and takes them apart. It owns the clock, the randomness, the environment
 * and the signals; everything below is given what it needs.
 *
 *   start   configuration -> log -> vaults -> media -> SIP -> HTTP -> ready
 *   TERM    no new calls (503), calls go on, at most drainSeconds; then as INT
 *   INT     entries wiped, calls ended, processes ended
 *   HUP     the configuration anew, as far as it takes effect without a restart; calls go on
 */

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createAuditTrail, type RunningTrail } from './audit/index.ts'
import { clockFrom } from './base/clock.ts'
import { type Config, describeConfig } from './base/config.ts'
import { asFault, Fault } from './base/fault.ts'
import type { AdjustableLog } from './base/log.ts'
import { pooledRandom } from './base/random-pool.ts'
import { type Calls, createCalls } from './call/index.ts'
import { type Administration, administrationOf } from './control/administration.ts'
import { type Admission, createAdmission } from './control/admission.ts'
import { applyConfig } from './control/apply.ts'
import { logAuditEvent } from './control/audit-log.ts'
import { logCallEvent } from './control/call-log.ts'
import { ownMemory, returnMemoryWhenCalm } from './control/calm-memory.ts'
import { configFrom, readAgain, textOf } from './control/config-source.ts'
import { type CurrentCertificates, currentCertificates } from './control/current-certificates.ts'
import { keepDialPlan, type PlanKeeper } from './control/dial-plan.ts'
import { createDirectory, type DirectoryHolder } from './control/directory.ts'
import { createEntrance, type Entrance } from './control/entrance.ts'
import { firstGuide } from './control/first-run.ts'
import { freeMemoryMegabytes, OWN_MEMORY } from './control/free-memory.ts'
import { keepHeapClose } from './control/heap-growth.ts'
import { historyOf } from './control/history.ts'
import { hostAddresses } from './control/host-addresses.ts'
import { introduce } from './control/introduction.ts'
import type { LogWriter } from './control/log-writer.ts'
import { watchLoop } from './control/loop-lateness.ts'
import { createMetrics } from './control/metrics.ts'
import { createNews } from './control/news.ts'
import { openLog } from './control/own-log.ts'
import { mediaPoolOptions, vaultPoolOptions } from './control/pool-options.ts'
import { problemLine } from './control/problem-line.ts'
import { programDigest } from './control/program.ts'
import { createReloader, type ReloadAnswer, type Reloader } from './control/reload.ts'
import { certificateProblems, reloadProblems } from './control/reload-checks.ts'
import { untilSignalled } from './control/signals.ts'
import {
  type CertificateEvent,
  certificateFiles,
  createSipCertificates,
  type SipConfig,
} from './control/sip-certificates.ts'
import { type SipChange, sipEndpointOf } from './control/sip-endpoint.ts'
import { logCertificates } from './control/sip-log.ts'
import { sipResolver } from './control/sip-resolver.ts'
import { createSipTraces } from './control/sip-trace.ts'
import { readValidation, validates } from './control/validation-files.ts'
import { type VaultWatch, watchVaults } from './control/vault-watch.ts'
import { webTerms } from './control/web-terms.ts'
import { versionsIn } from './directory/index.ts'
import { clipsIn, type FlowFolder, flowFolderOf, flowTextsOf, outsideOf } from './flow/index.ts'
import type { CallHistory } from './history/index.ts'
import { createMediaPool } from './media/client.ts'
import type { MediaPool } from './media/pool.ts'
import { sealingIn } from './people/index.ts'
import type { SipEndpoint } from './sip/index.ts'
import { createVaultPool } from './vault/client.ts'
import type { VaultPool } from './vault/pool.ts'
import { readPageFiles } from './web/page-files.ts'
import { startWeb, type Web } from './web/server.ts'

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

/** Node's file name extension of this very run: sources as they are, or compiled. */
const EXTENSION = import.meta.filename.slice(-3)
const VERSION: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
const RETRY_AFTER_SECONDS = 30

const clock = clockFrom({ now: () => performance.now(), setTimeout, clearTimeout })
const random = pooledRandom(randomBytes)

/** Runs until a signal ends it. @returns the exit code: 0 ended as told, 1 could not start, 2 the configuration is wrong. */
export async function runControl(input: ControlInput): Promise<number> {
  keepHeapClose()
  const outcome = configFrom(input, input.text)
  if ('problems' in outcome) {
    for (const problem of outcome.problems) input.say(problemLine(problem, input.fileName))
    return 2
  }
  const { config } = outcome
  const { log, lines } = openLog(config.log.level, clock, input.say)
  log.info('control.configured', { configuration: describeConfig(config) })
  const running = new Running(config, input, log, lines)
  process.on('SIGHUP', () => void running.reload().catch((thrown: unknown) => log.fault(thrown)))
  try {
    await running.start()
  } catch (thrown) {
    const fault = asFault(thrown)
    log.fault(fault)
    for (let cause: unknown = fault; cause instanceof Fault; cause = cause.cause) {
      input.say(`Sotto cannot start: ${cause.row.title}. ${cause.row.advice}`)
    }
    await running.close()
    return 1
  }
  await untilSignalled(running, log, clock, () => running.config.drainSeconds * 1000)
  await running.close()
  log.info('control.stopped')
  return 0
}

/** Everything that runs and has to be closed. */
class Running {
  readonly calls: Calls
  /** As it counts just now. */
  config: Config
  readonly #input: ControlInput
  readonly #log: AdjustableLog
  readonly #lines: LogWriter
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
  readonly #metrics = createMetrics()
  readonly #sipNews = createNews<SipChange>()
  readonly #started = Promise.withResolvers<void>()
  readonly #reloader: Reloader
  #web: Web | undefined
  #ready = false
  #draining = false

  constructor(config: Config, input: ControlInput, log: AdjustableLog, lines: LogWriter) {
    this.config = config
    this.#input = input
    this.#log = log
    this.#lines = lines
    this.#vaultWatch = watchVaults(log)
    this.#audit = createAuditTrail({
      folder: config.audit.folder,
      clock,
      wallMs: Date.now,
      random,
      program: { version: VERSION, node: process.version, digest: programDigest(import.meta.dirname) },
      onEvent: (event) => logAuditEvent(log, event),
    })
    const parts = { config: () => this.config, clock, log, entryFile }
    this.#vault = createVaultPool(vaultPoolOptions(parts, input.shippedFolder, this.#vaultWatch))
    this.#media = createMediaPool(mediaPoolOptions(parts))
    this.#certificates = currentCertificates(config, (of) => certificatesOf(of, (event) => logCertificates(log, event)))
    this.#resolver = sipResolver(config.sip.dns.servers)
    this.#sip = sipEndpointOf(config, {
      ...{ clock, random, log, certificates: this.#certificates, resolver: this.#resolver },
      keySlip: this.#vault.keySlip,
      config: () => this.config,
      isBusy: () => this.#admission.isBusy(),
      onIncoming: (session) => this.calls.onIncoming(session),
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
    this.#endMemoryWatch = returnMemoryWhenCalm(
      clock,
      ownMemory(() => this.#sip.sessionCount),
    )
    this.#flows = flowFolderOf(
      () => this.config.secureInput,
      input.shippedFolder,
      () => versionsIn(this.#directory.picture()),
    )
    this.#flowFiles = flowFolderOf(() => this.config.secureInput, input.shippedFolder)
    const sealing = sealingIn(config.people.keyFile)
    const here = { clock, wallMs: Date.now, random, log }
    this.#directory = createDirectory(config, here)
    const loadCertificates = (of: Config) => certificatesOf(of, () => undefined).load()
    this.#plan = keepDialPlan(config, {
      ...{ picture: this.#directory.picture, seal: sealing, log },
      folder: input.fileName === undefined ? undefined : dirname(input.fileName),
      problems: (of) => certificateProblems(of, loadCertificates),
    })
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
      vaultProtected: () => this.config.vault.requireProtections === 'warn' || this.#vaultWatch.missing.length === 0,
    })
    this.calls.subscribe((event) => logCallEvent(log, event))
    this.calls.subscribe(this.#metrics.take)
    this.#history = historyOf(config, this.calls, here)
    this.#reloader = createReloader({
      read: () => readAgain(input),
      current: () => this.config,
      check: (read, next) =>
        reloadProblems(read, next, {
          files: { read: textOf, exists: existsSync },
          flows: this.#flows,
          certificates: loadCertificates,
        }),
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
      calls: this.calls.list().length,
      vaults: this.#vault.processIds.length,
      media: this.#media.describe(),
      admission: this.#admission.view(),
      audit: this.#audit.available,
      accessLog: this.#entrance.web.accessLog.available,
      log: { available: this.#lines.available, dropped: this.#lines.dropped },
      history: this.#history.stats(),
    })
    await Promise.all([
      ...[this.#vault.start(), this.#media.start(), this.#audit.start()],
      ...[this.#history.start(), this.#directory.start()],
    ])
    this.#reloader.takeDirectory()
    await this.#entrance.start()
    this.#certificates.load()
    await this.#sip.listen()
    this.#web = await startWeb({
      ...webTerms(this.config.http),
      ...this.#entrance.web,
      firstRun: {
        gate: this.#entrance.firstRun,
        guide: () => firstGuide(this.#plan.current().config, this.#sip.listening, validates(this.config)),
      },
      version: VERSION,
      random,
      now: clock.now,
      calls: this.calls,
      pages: readPageFiles(join(this.#input.shippedFolder, 'pages/built')),
      flows: this.#flows,
      flowFiles: this.#flowFiles,
      flowTexts: flowTextsOf(this.#flows, () => this.config.secureInput),
      onFlow: ({ type, id, version }) => this.#log.info(`control.flow-${type}`, { flow: id, count: version }),
      history: this.#history,
      records: this.#audit,
      directory: this.#directory,
      ...this.#administration.web,
      plan: { outside: this.#plan.outside, current: this.#plan.current, contactsOf: this.#sip.registrations },
      isEnabled: () => this.config.secureInput.enabled,
      traces: createSipTraces({ watch: this.#sip.watch, calls: this.calls, clock, wallMs: Date.now }),
      media: { list: () => this.#media.processes(), replace: (pid) => this.#media.replace(pid) },
      trunks: {
        list: () => ({ trunks: this.#sip.trunks(), targets: this.#sip.targets() }),
        subscribe: this.#sipNews.subscribe,
      },
      health,
      metrics: () =>
        this.#metrics.text({
          ...health(),
          mediaProcesses: this.#media.processes(),
          lines: this.calls.trunks(),
          sip: this.#sip.stats(),
          trunks: this.#sip.trunks(),
          targets: this.#sip.targets(),
        }),
      reloadPrompts: () => this.#vault.reloadPrompts(),
      config: { reload: () => this.reload() },
      log: this.#log,
    })
    this.#ready = true
    this.#started.resolve()
    this.#log.info('control.started', { pid: process.pid })
    this.#introduce()
  }

  #introduce(): void {
    introduce({
      ...{ config: this.config, port: this.#web?.port ?? 0, firstRun: this.#entrance.firstRun },
      ...{ sip: this.#sip.listening, media: this.#media.describe(), missing: this.#vaultWatch.missing },
      ...{ records: this.#audit.available, log: this.#log, say: this.#input.say },
    })
  }

  /** Takes the configuration as it is now, or nothing of it; prompts, flows and certificates with it. */
  async reload(): Promise<ReloadAnswer> {
    await this.#started.promise
    return this.#reloader.reload()
  }

  #apply(config: Config): void {
    applyConfig(config, this.config, {
      ...{ log: this.#log, certificates: this.#certificates, resolver: this.#resolver, sip: this.#sip },
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
    this.#lines.close()
  }
}

/** @param tell gets what becomes of files. */
function certificatesOf(config: SipConfig, tell: (event: CertificateEvent) => void) {
  return createSipCertificates(config, certificateFiles, clock, Date.now, tell)
}

function entryFile(name: 'media' | 'vault'): string {
  return new URL(`./${name}${EXTENSION}`, import.meta.url).pathname
}
