/** What of a call an add-in can be given, when its manifest asks for it: each by its name, and nothing else (PC-80). */

export const CALL_ATTRIBUTES = ['call', 'caller', 'dialled', 'agent', 'phone'] as const
export type CallAttribute = (typeof CALL_ATTRIBUTES)[number]

/** What is known of a call. */
export type CallFacts = {
  readonly callId: string
  /** Numbers as people know them. */
  readonly from: string
  readonly to: string
  /** Name of the agent; undefined where the directory does not know him. */
  readonly agent: string | undefined
  /** Account of the agent's phone. */
  readonly account: string | undefined
}

/**
 * What the add-in of a form is given (PC-81): the form's custom attributes, and of the call what its manifest asks for. The call's go before: what somebody has entered under the
 * same name is not taken for what it says of the call.
 */
export function parametersOf(
  attributes: readonly { readonly name: string; readonly value: string }[],
  wanted: readonly CallAttribute[],
  { callId, from, to, agent, account }: CallFacts,
): Readonly<Record<string, string>> {
  const known: Readonly<Record<CallAttribute, string | undefined>> = {
    call: callId,
    caller: from,
    dialled: to,
    agent,
    phone: account,
  }
  return Object.fromEntries([
    ...attributes.map(({ name, value }) => [name, value]),
    ...wanted.flatMap((name) => (known[name] === undefined ? [] : [[name, known[name]]])),
  ])
}
