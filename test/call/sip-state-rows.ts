/**
 * Every request in every state of a call, and what is seen of it: in which states it is seen, `always` for all of them. The test sends each
 * over the real stack, in each state (`sip-states.test.ts`), and `scripts/make-sip-states-doc.ts` writes them into docs/SIP-STATES.md.
 */

import type { OutsideName } from '../peers/sip-outside.ts'
import type { RequestName } from '../peers/sip-requests.ts'

/** By request: what is seen, and in which states. */
export type Rows<Name extends string> = Readonly<Record<Name, Readonly<Record<string, string>>>>

/** The leg whose far end called us; the other leg is the one that we called. */
export const CALLER_ROWS: Rows<RequestName> = {
  're-INVITE that changes nothing': {
    '481': 'called ending over',
    '500 Retry-After': 'ringing early agreed',
    '200 with SDP': 'answered confirmed held secure',
    '491': 'offering',
  },
  're-INVITE that holds': {
    '481': 'called ending over',
    '500 Retry-After': 'ringing early agreed',
    '200 with SDP': 'answered confirmed held',
    '491': 'offering secure',
  },
  're-INVITE with another codec': {
    '481': 'called ending over',
    '500 Retry-After': 'ringing early agreed',
    '200 with SDP': 'answered confirmed held',
    '491': 'offering secure',
  },
  're-INVITE with another address': {
    '481': 'called ending over',
    '500 Retry-After': 'ringing early agreed',
    '200 with SDP': 'answered confirmed held secure',
    '491': 'offering',
  },
  're-INVITE without offer': {
    '481': 'called ending over',
    '500 Retry-After': 'ringing early agreed',
    '200 with SDP': 'answered confirmed held secure',
    '491': 'offering',
  },
  're-INVITE with nothing usable': {
    '481': 'called ending over',
    '500 Retry-After': 'ringing early agreed',
    '488': 'answered confirmed held secure',
    '491': 'offering',
  },
  're-INVITE that asks for an unknown extension': {
    '481': 'called over',
    '420': 'ringing early agreed answered confirmed held offering secure ending',
  },
  're-INVITE with an interval too short': {
    '481': 'called ending over',
    '422': 'ringing early agreed answered confirmed held offering secure',
  },
  'UPDATE without offer': {
    '481': 'called ending over',
    '200': 'ringing early agreed answered confirmed held offering secure',
  },
  'UPDATE that holds': {
    '481': 'called ending over',
    '500 Retry-After': 'ringing early',
    '200 with SDP': 'agreed answered confirmed held',
    '491': 'offering secure',
  },
  'UPDATE with nothing usable': {
    '481': 'called ending over',
    '500 Retry-After': 'ringing early',
    '488': 'agreed answered confirmed held secure',
    '491': 'offering',
  },
  'PRACK of nothing': { '481': 'always' },
  'INFO without body': {
    '481': 'called ending over',
    '200': 'ringing early agreed answered confirmed held offering secure',
  },
  'INFO of another type': {
    '481': 'called ending over',
    '415': 'ringing early agreed answered confirmed held offering secure',
  },
  OPTIONS: { '481': 'called ending over', '200': 'ringing early agreed answered confirmed held offering secure' },
  'any request out of order': {
    '481': 'called ending over',
    '500': 'ringing early agreed answered confirmed held offering secure',
  },
  BYE: {
    '481': 'called over',
    '200, 487 INVITE, other leg: CANCEL, the call is over': 'ringing early agreed',
    '200, other leg: BYE, the call is over': 'answered confirmed held offering',
    '200': 'secure ending',
  },
  CANCEL: {
    '200, 487 INVITE, the call is over': 'called',
    '200, 487 INVITE, other leg: CANCEL, the call is over': 'ringing early agreed',
    '200': 'answered confirmed held secure ending over',
    '481': 'offering',
  },
  'ACK of nothing': { nothing: 'always' },
  REFER: {
    '403': 'answered confirmed held offering secure',
    '481': 'called ending over',
    '491': 'ringing early agreed',
  },
  SUBSCRIBE: { '481': 'called ending over', '489': 'ringing early agreed answered confirmed held offering secure' },
  'SUBSCRIBE for the news of a REFER that there was not': { '481': 'always' },
  NOTIFY: { '481': 'called over', '405 Allow': 'ringing early agreed answered confirmed held offering secure ending' },
  MESSAGE: {
    '481': 'called ending over',
    '480': 'ringing early agreed secure',
    '200, other leg: MESSAGE': 'answered confirmed held offering',
  },
  'MESSAGE that is no plain text': {
    '481': 'called over',
    '415': 'ringing early agreed answered confirmed held offering secure ending',
  },
  'a method that nobody knows': {
    '481': 'called over',
    '405 Allow': 'ringing early agreed answered confirmed held offering secure ending',
  },
}

/** The leg that we called. */
export const AGENT_ROWS: Rows<RequestName> = {
  're-INVITE that changes nothing': {
    '481': 'called ending over',
    '491': 'ringing early agreed offering cancelled',
    '200 with SDP': 'confirmed held secure',
  },
  're-INVITE that holds': {
    '481': 'called ending over',
    '491': 'ringing early agreed offering cancelled',
    '200 with SDP': 'confirmed held secure',
  },
  're-INVITE with another codec': {
    '481': 'called ending over',
    '491': 'ringing early agreed offering cancelled',
    '200 with SDP': 'confirmed held secure',
  },
  're-INVITE with another address': {
    '481': 'called ending over',
    '491': 'ringing early agreed offering cancelled',
    '200 with SDP': 'confirmed held secure',
  },
  're-INVITE without offer': {
    '481': 'called ending over',
    '491': 'ringing early agreed offering cancelled',
    '200 with SDP': 'confirmed held secure',
  },
  're-INVITE with nothing usable': {
    '481': 'called ending over',
    '491': 'ringing early agreed offering cancelled',
    '488': 'confirmed held secure',
  },
  're-INVITE that asks for an unknown extension': {
    '481': 'called over',
    '420': 'ringing early agreed confirmed held offering secure cancelled ending',
  },
  're-INVITE with an interval too short': {
    '481': 'called ending over',
    '422': 'ringing early agreed confirmed held offering secure cancelled',
  },
  'UPDATE without offer': {
    '481': 'called ending over',
    '200': 'ringing early agreed confirmed held offering secure cancelled',
  },
  'UPDATE that holds': {
    '481': 'called ending over',
    '491': 'ringing early offering cancelled',
    '200 with SDP': 'agreed confirmed held secure',
  },
  'UPDATE with nothing usable': {
    '481': 'called ending over',
    '491': 'ringing early offering cancelled',
    '488': 'agreed confirmed held secure',
  },
  'PRACK of nothing': { '481': 'always' },
  'INFO without body': {
    '481': 'called ending over',
    '200': 'ringing early agreed confirmed held offering secure cancelled',
  },
  'INFO of another type': {
    '481': 'called ending over',
    '415': 'ringing early agreed confirmed held offering secure cancelled',
  },
  OPTIONS: { '481': 'called ending over', '200': 'ringing early agreed confirmed held offering secure cancelled' },
  'any request out of order': {
    '481': 'called ending over',
    '500': 'ringing early agreed confirmed held offering secure cancelled',
  },
  BYE: {
    '481': 'called over',
    '200': 'ringing early agreed secure cancelled ending',
    '200, other leg: BYE, the call is over': 'confirmed held offering',
  },
  CANCEL: { '481': 'always' },
  'ACK of nothing': { nothing: 'always' },
  // A PBX has no account whose rights could be asked; what a phone's REFER does is in `transfers.test.ts`.
  REFER: {
    '403': 'confirmed held offering secure',
    '481': 'called ending over',
    '491': 'ringing early agreed cancelled',
  },
  SUBSCRIBE: { '481': 'called ending over', '489': 'ringing early agreed confirmed held offering secure cancelled' },
  'SUBSCRIBE for the news of a REFER that there was not': { '481': 'always' },
  NOTIFY: { '481': 'called over', '405 Allow': 'ringing early agreed confirmed held offering secure cancelled ending' },
  MESSAGE: {
    '481': 'called ending over',
    '480': 'ringing early agreed secure cancelled',
    '200, other leg: MESSAGE': 'confirmed held offering',
  },
  'MESSAGE that is no plain text': {
    '481': 'called over',
    '415': 'ringing early agreed confirmed held offering secure cancelled ending',
  },
  'a method that nobody knows': {
    '481': 'called over',
    '405 Allow': 'ringing early agreed confirmed held offering secure cancelled ending',
  },
}

/** Outside of any dialog, by who sends it. */
export const OUTSIDE_ROWS: Rows<OutsideName> = {
  'INVITE for a number that leads somewhere': {
    'the agent is called': 'trunk phone',
    '401': 'stranger',
    '503 Retry-After': 'draining',
  },
  'INVITE without offer': { 'the agent is called': 'trunk phone', '401': 'stranger', '503 Retry-After': 'draining' },
  'INVITE with a tel URI': { 'the agent is called': 'trunk phone', '401': 'stranger', '503 Retry-After': 'draining' },
  'INVITE for a number that leads nowhere': { '404': 'trunk phone', '401': 'stranger', '503 Retry-After': 'draining' },
  'INVITE with nothing usable': { '488': 'trunk phone', '401': 'stranger', '503 Retry-After': 'draining' },
  'INVITE with another scheme': { '416': 'always' },
  'INVITE that may go no further': { '483': 'always' },
  'INVITE that asks for an unknown extension': { '420': 'always' },
  'INVITE that takes the place of a call that there is not': {
    '481': 'trunk phone',
    '401': 'stranger',
    '503 Retry-After': 'draining',
  },
  'INVITE with headers in its URI': { '400': 'always' },
  REGISTER: { '401': 'trunk stranger draining', '200': 'phone' },
  'REGISTER of another account': { '401': 'trunk stranger draining', '403': 'phone' },
  OPTIONS: { '200': 'trunk phone stranger', '503 Retry-After': 'draining' },
  BYE: { '481': 'always' },
  CANCEL: { '481': 'always' },
  ACK: { nothing: 'always' },
  UPDATE: { '481': 'always' },
  PRACK: { '481': 'always' },
  INFO: { '481': 'always' },
  REFER: { '403': 'always' },
  SUBSCRIBE: { '489': 'always' },
  'SUBSCRIBE for the dialogs of a phone of its own account': { '401': 'trunk stranger draining', '200': 'phone' },
  'SUBSCRIBE for the dialogs of anybody else': { '401': 'trunk stranger draining', '403': 'phone' },
  NOTIFY: { '405 Allow': 'always' },
  PUBLISH: { '489': 'always' },
  MESSAGE: { '200, the agent gets it': 'trunk phone', '401': 'stranger', '503 Retry-After': 'draining' },
  'MESSAGE for a number that leads nowhere': { '404': 'trunk phone', '401': 'stranger', '503 Retry-After': 'draining' },
  'MESSAGE that may go no further': { '483': 'always' },
  'MESSAGE that is no plain text': { '415': 'always' },
  'MESSAGE in another charset': { '415': 'always' },
  'MESSAGE that is too long': { '413': 'trunk phone', '401': 'stranger', '503 Retry-After': 'draining' },
  'a method that nobody knows': { '405 Allow': 'always' },
}
