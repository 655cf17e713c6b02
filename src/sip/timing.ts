/** The timers of RFC 3261 table 4 (as amended by RFC 6026 section 7.2), in milliseconds. */

/** Estimate of the round trip. */
export const T1_MS = 500
/** Longest gap between two retransmissions of a non-INVITE request or an INVITE response. */
export const T2_MS = 4_000
/** Whoever repeats a request that is no INVITE does so every T2 from then on (RFC 4320 section 4.1). */
export const TRYING_MS = 7 * T1_MS
/** How long a message may stay in the network. */
export const T4_MS = 5_000
/** Timers B, D, F, H, J, L and M over UDP. */
export const TIMEOUT_MS = 64 * T1_MS
