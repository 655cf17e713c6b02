/**
 * The HTTP API as pages use it: by the cookie of the log-in or, in somebody else's desk, by a token. What the server refuses is a `Problem`, with what to do.
 * Types of answers are those of the server's own schemas, imported as types alone.
 */

/** RFC 9457, as the server writes it. */
export type ProblemBody = {
  readonly title: string
  readonly status: number
  readonly detail: string
  /** A row of `/problems`; `page.unreachable` when no answer came. */
  readonly code: string
  readonly gate?: string
  readonly problems?: readonly Trouble[]
}

/** One place that is not right. */
export type Trouble = { readonly key?: string; readonly says?: string; readonly advice?: string }

export class Problem extends Error {
  readonly body: ProblemBody
  constructor(body: ProblemBody) {
    super(body.title)
    this.body = body
  }
}

export type Asked = {
  readonly body?: unknown
  /** Of the entry that is changed (RFC 9110 section 13.1.1); `*` for one that must not be there yet goes as `ifNoneMatch`. */
  readonly ifMatch?: string
  readonly ifNoneMatch?: string
  /** Names a request that may be sent again: it is carried out once. */
  readonly idempotencyKey?: string
  readonly accept?: string
  readonly signal?: AbortSignal
}

export type Answered<T> = { readonly value: T; readonly etag: string | undefined }

export type Api = {
  /** @throws Problem */
  ask<T>(method: string, path: string, asked?: Asked): Promise<Answered<T>>
  /** @returns the value alone. @throws Problem */
  get<T>(path: string, signal?: AbortSignal): Promise<T>
  /** For what is no JSON, such as sound. @throws Problem */
  fetch(
    method: string,
    path: string,
    asked?: Asked & { readonly raw?: NonNullable<RequestInit['body']> },
  ): Promise<Response>
  readonly base: string
  /** Of a request that is sent just now. */
  readonly headers: Readonly<Record<string, string>>
}

export type ApiOptions = {
  /** Such as `https://sotto.example.com`; empty for the server that the page is from. */
  readonly base?: string
  /** An API token, for a desk of somebody else's page; none where the cookie of a log-in goes along. */
  readonly token?: string
  /** Whether somebody is at the page. What is asked for while nobody is keeps no log-in up, and says so; default somebody is. */
  readonly isAttended?: () => boolean
  /** Told when nobody is logged in any more. */
  readonly onNobody?: () => void
}

const UNREACHABLE: ProblemBody = {
  title: 'The server does not answer.',
  status: 0,
  detail: 'Check the connection; the page goes on by itself as soon as it is back.',
  code: 'page.unreachable',
}

export function createApi({ base = '', token, isAttended, onNobody }: ApiOptions = {}): Api {
  const headers = () => ({
    'sotto-request': '1',
    ...(isAttended?.() === false ? { 'sotto-unattended': '1' } : {}),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  })
  const reach = async (
    method: string,
    path: string,
    asked: Asked & { readonly raw?: NonNullable<RequestInit['body']> } = {},
  ) => {
    const { body, raw, ifMatch, ifNoneMatch, idempotencyKey, accept, signal } = asked
    const response = await fetch(`${base}${path}`, {
      method,
      headers: {
        ...headers(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
        ...(ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...(accept === undefined ? {} : { accept }),
      },
      credentials: token === undefined ? 'same-origin' : 'omit',
      cache: 'no-store',
      ...(body === undefined ? (raw === undefined ? {} : { body: raw }) : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'AbortError') throw error
      throw new Problem(UNREACHABLE)
    })
    if (response.ok) return response
    const problem = new Problem(await problemIn(response))
    if (response.status === 401 && !path.endsWith('/login')) onNobody?.()
    throw problem
  }
  const ask = async <T>(method: string, path: string, asked?: Asked): Promise<Answered<T>> => {
    const response = await reach(method, path, asked)
    const text = await response.text()
    return {
      value: (text === '' ? undefined : JSON.parse(text)) as T,
      etag: response.headers.get('etag') ?? undefined,
    }
  }
  return {
    ask,
    get: async <T>(path: string, signal?: AbortSignal) =>
      (await ask<T>('GET', path, signal === undefined ? {} : { signal })).value,
    fetch: reach,
    base,
    get headers() {
      return headers()
    },
  }
}

/** @returns what to show of anything that was thrown. */
export function problemOf(error: unknown): ProblemBody {
  if (error instanceof Problem) return error.body
  return { title: 'The page failed.', status: 0, detail: 'Load it again.', code: 'page.failed' }
}

async function problemIn(response: Response): Promise<ProblemBody> {
  const body: unknown = await response.json().catch(() => undefined)
  if (typeof body === 'object' && body !== null && 'code' in body && 'title' in body) return body as ProblemBody
  return { ...UNREACHABLE, status: response.status, code: 'page.no-answer' }
}
