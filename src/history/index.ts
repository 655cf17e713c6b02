/** The door of the `history` room: what is kept of calls on the disk, and questions to it. */

export { type CallHistory, type CallHistoryOptions, createCallHistory } from './call-history.ts'
export type { CountQuery, Stretch } from './counting.ts'
export { CSV_HEAD, csvLine } from './csv.ts'
export type { HistoryEvent, HistoryStats } from './keeper.ts'
export { type Cursor, type HistoryPage, type HistoryQuery, readCursor, SESSION_OUTCOMES, writeCursor } from './query.ts'
export { readPageOf } from './reading.ts'
export type { CallRow, LegRow, SecureRow, TransferRow } from './row.ts'
export { transferText } from './transfer-text.ts'
