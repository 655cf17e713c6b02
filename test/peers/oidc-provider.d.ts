/** What tests use of `oidc-provider`, which brings no types. */

declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  type Grant = { addOIDCScope(scope: string): void; save(): Promise<string> }

  export class Provider {
    constructor(issuer: string, configuration: object)
    readonly Client: {
      find(id: string): Promise<{ backchannelLogout(subject: string, session: string): Promise<void> }>
    }
    readonly Grant: { new (terms: { accountId: string; clientId: string }): Grant }
    callback(): (request: IncomingMessage, response: ServerResponse) => void
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
  }
}

declare module 'oidc-provider/lib/adapters/memory_adapter.js' {
  export function createMemoryAdapter(): { new (model: string): object }
}
