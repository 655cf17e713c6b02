/**
 * Telephone-events (RFC 4733), all of it behind one name: the payload's fields, the reader of a received stream, the sender of
 * key presses.
 */
export {
  EVENT_SIZE,
  eventCode,
  eventDuration,
  eventEnds,
  LAST_KEY_CODE,
  MAX_DURATION,
  writeTelephoneEvent,
} from './event-payload.ts'
export { EventReader, READER_CODES } from './event-reader.ts'
export { EVENT_PACKET_SIZE, EventSender, type EventStream } from './event-sender.ts'
