/* SRTP of rtp-load.c by libsrtp2: a session of AES_CM_128_HMAC_SHA1_80 from a key in base64, as it stands in a session description. */
#include <srtp2/srtp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MASTER_OCTETS 30

static srtp_t session(const char *base64, srtp_ssrc_type_t direction) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t key[64] = {0};
    int octets = 0;
    uint32_t bits = 0;
    for (int i = 0; base64[i] != '\0' && base64[i] != '='; i++) {
        const char *digit = strchr(digits, base64[i]);
        if (digit == NULL || octets > 40) break;
        bits = bits << 6 | (uint32_t)(digit - digits);
        if (i % 4 > 0) key[octets++] = bits >> (6 - 2 * (i % 4)) & 0xff;
    }
    srtp_policy_t policy;
    memset(&policy, 0, sizeof policy);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
    policy.ssrc.type = direction;
    policy.key = key;
    policy.window_size = 128;
    srtp_t made;
    if (octets != MASTER_OCTETS || srtp_create(&made, &policy) != srtp_err_status_ok) { fprintf(stderr, "no SRTP key\n"); exit(1); }
    return made;
}
