/**
 * The API for the dial plan: trunks, phones and routes of the configuration file, which are read here and changed there, together with those of the directory, whose changes
 * are in force when they are answered; and how phones are registered.
 */

import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Config } from '../base/config.ts'
import { digestOf } from '../base/digest.ts'
import { fault } from '../base/fault.ts'
import type { Calls } from '../call/index.ts'
import {
  type DialPlan,
  type Entry,
  type Kind,
  type Outside,
  PLAN_KINDS,
  type PlanKind,
  problemsAt,
  secretsSet,
} from '../directory/index.ts'
import { accountsOf } from './call-routes.ts'
import { addHistoryRoute, anEntry, aPage, type DirectoryDoor, fits, found, PAGE_ENTRIES } from './directory-routes.ts'
import { etagOfEntry, shownEntry } from './directory-view.ts'
import { addWritingRoutes } from './directory-writing.ts'
import { etagOf } from './etag.ts'
import { type FileEntry, filePlan } from './file-plan.ts'
import { door } from './route.ts'

/** A contact of a phone; whoever knows of phones says what is in it. */
type Contact = object

export type PlanDoor = {
  readonly outside: Outside['plan']
  /** What is in force, and what is left out of it. */
  readonly current: () => DialPlan
  readonly contactsOf: (account: string) => readonly Contact[]
}

const closed = { additionalProperties: false } as const
const someProblems = Type.Array(Type.Object({ key: Type.String(), says: Type.String(), advice: Type.String() }, closed))
const aPlanEntry = Type.Object({
  ...Type.Partial(Type.Omit(anEntry, ['name'])).properties,
  name: Type.String(),
  origin: Type.Enum(['file', 'store']),
  inUse: Type.Boolean({ description: 'Whether it counts. `problems` says why it does not.' }),
  secrets: Type.Array(Type.String(), { description: 'Secrets that are set; their values are never answered.' }),
  problems: Type.Optional(someProblems),
})
const somePlanEntries = Type.Object({ entries: Type.Array(aPlanEntry), next: Type.Optional(Type.String()) }, closed)

const aPhone = Type.Object(
  {
    name: Type.String(),
    displayName: Type.String(),
    origin: Type.Enum(['file', 'store']),
    registered: Type.Boolean(),
    busy: Type.Boolean({ description: 'Whether it is in a call.' }),
    contacts: Type.Array(
      Type.Object(
        {
          uri: Type.String(),
          transport: Type.String(),
          address: Type.String(),
          port: Type.Integer(),
          expiresInSeconds: Type.Integer(),
        },
        closed,
      ),
    ),
  },
  closed,
)
const somePhones = Type.Object({ phones: Type.Array(aPhone) }, closed)

const someRingGroups = Type.Object(
  {
    ringGroups: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          strategy: Type.String(),
          phones: Type.Array(Type.String()),
          ringSeconds: Type.Integer(),
        },
        closed,
      ),
    ),
  },
  closed,
)

type Named = { name: string }
type Parts = {
  readonly directory: DirectoryDoor
  readonly plan: PlanDoor
  readonly outside: Outside
  readonly calls: Pick<Calls, 'list'>
}

/** Adds the routes. */
export function addPlanRoutes(api: FastifyInstance, parts: Parts): void {
  const { directory, plan, outside } = parts
  for (const kind of PLAN_KINDS) {
    addReadingRoutes(api, parts, kind)
    addHistoryRoute(api, directory, kind, 'trunks:read')
    const shown = (entry: Entry<Kind>) => shownStored(plan.current(), entry as Entry<PlanKind>, kind)
    addWritingRoutes(api, directory, outside, { kind, requires: 'trunks:write', anEntry: aPlanEntry, shown })
  }
  addPhoneRoutes(api, parts)
  addRingGroupRoute(api, parts)
}

function addReadingRoutes(api: FastifyInstance, { directory, plan }: Parts, kind: PlanKind): void {
  const path = `/api/v1/directory/${kind}`
  const all = () => {
    const stored: readonly Entry<PlanKind>[] = [...directory.picture().entries[kind].values()]
    const inFile = filePlan(plan.outside.file(), kind)
    const names = new Set(inFile.map(({ name }) => name))
    // Of two with one name the file's is shown in the list: it is the one that counts.
    return [...inFile, ...stored.filter(({ name }) => !names.has(name))].toSorted((one, other) =>
      one.name < other.name ? -1 : 1,
    )
  }
  const shown = (entry: FileEntry | Entry<PlanKind>) =>
    'id' in entry ? shownStored(plan.current(), entry, kind) : shownOfFile(plan.current(), entry, kind)

  api.get<{ Querystring: Static<typeof aPage> }>(
    path,
    {
      ...door('trunks:read', `Entries of ${kind}, of the file and of the directory, by name.`, {
        200: somePlanEntries,
      }),
      schema: { querystring: aPage },
    },
    async ({ query: { after = '', search, limit } }) => {
      const most = limit === undefined ? PAGE_ENTRIES : Number(limit)
      const meant = all().filter((entry) => entry.name > after && fits(entry, search))
      const page = meant.slice(0, most)
      return { entries: page.map(shown), ...(meant.length > most ? { next: page.at(-1)?.name } : {}) }
    },
  )
  api.get<{ Params: Named }>(
    `${path}/:name`,
    door('trunks:read', `An entry of ${kind}.`, { 200: aPlanEntry }),
    async ({ params, headers }, reply) => {
      const entry = found(all().find(({ name }) => name === params.name))
      const etag = 'id' in entry ? etagOfEntry(entry) : etagOf(digestOf(JSON.stringify(entry)))
      reply.header('etag', etag)
      if (headers['if-none-match'] === etag) return reply.status(304).send()
      return shown(entry)
    },
  )
}

function addPhoneRoutes(api: FastifyInstance, { plan, calls, directory }: Parts): void {
  const shownPhone = ({ account, displayName }: Config['phones'][number], inCalls: ReadonlySet<string | undefined>) => {
    const contacts = plan.contactsOf(account)
    const isOfFile = plan.outside.file().phones.some((phone) => phone.account === account)
    return {
      ...{ name: account, displayName, origin: isOfFile ? 'file' : 'store' },
      ...{ registered: contacts.length > 0, busy: inCalls.has(account), contacts },
    }
  }
  const inCalls = () => new Set(calls.list().flatMap(accountsOf))
  api.get(
    '/api/v1/phones',
    door('trunks:read', 'Phones: where they are registered, and which are in a call.', { 200: somePhones }),
    async () => {
      const busy = inCalls()
      return { phones: plan.current().config.phones.map((phone) => shownPhone(phone, busy)) }
    },
  )
  api.get(
    '/api/v1/me/phone',
    door('calls:read', 'The phone that one works at.', { 200: aPhone }),
    async ({ principal }) => {
      const users = [...directory.picture().entries.users.values()]
      const account = users.find(({ id }) => id === principal?.userId)?.body.phone
      const phone = plan.current().config.phones.find((each) => each.account === account)
      if (phone === undefined) throw fault('people.no-phone')
      return shownPhone(phone, inCalls())
    },
  )
}

/** Not the directory's workgroups: those say who works with whom, and these what rings. */
function addRingGroupRoute(api: FastifyInstance, { plan }: Parts): void {
  api.get(
    '/api/v1/ring-groups',
    door('trunks:read', 'Workgroups of the configuration file, whose phones ring together: what routes can lead to.', {
      200: someRingGroups,
    }),
    async () => ({
      ringGroups: plan
        .current()
        .config.workgroups.map(({ name, strategy, phones, ringSeconds }) => ({ name, strategy, phones, ringSeconds })),
    }),
  )
}

function shownStored(plan: DialPlan, entry: Entry<PlanKind>, kind: PlanKind): object {
  const problems = problemsAt(plan, { kind, name: entry.name })
  const { name, ...shown } = shownEntry(kind, entry) as Named
  return {
    ...{ name, origin: 'store', inUse: problems.length === 0, secrets: secretsSet(kind, entry.body) },
    ...(problems.length === 0 ? {} : { problems }),
    ...shown,
  }
}

/** What is wrong at a name of the file is wrong with an entry of the directory that has it, too. */
function shownOfFile(plan: DialPlan, { name, secrets, body }: FileEntry, kind: PlanKind): object {
  const problems = problemsAt(plan, { kind, name })
  return {
    ...{ name, origin: 'file', inUse: true, secrets },
    ...(problems.length === 0 ? {} : { problems }),
    ...body,
  }
}
