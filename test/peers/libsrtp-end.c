/*
 * The far end of a stream of SRTP in libsrtp, for test/rtp/with-libsrtp.test.ts: suite and two master keys are given, then a line for each
 * packet: `p` protects and `u` opens RTP, `P` and `U` RTCP, in hexadecimal digits. Answers the packet, or `-` and libsrtp's status.
 */
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 4096

static int octets(const char *text, unsigned char *to)
{
    int count = 0;
    unsigned int octet;
    while (count < ROOM && sscanf(text + 2 * count, "%2x", &octet) == 1) to[count++] = (unsigned char)octet;
    return count;
}

static srtp_profile_t profile(const char *suite)
{
    if (!strcmp(suite, "AEAD_AES_256_GCM")) return srtp_profile_aead_aes_256_gcm;
    if (!strcmp(suite, "AEAD_AES_128_GCM")) return srtp_profile_aead_aes_128_gcm;
    if (!strcmp(suite, "AES_CM_128_HMAC_SHA1_32")) return srtp_profile_aes128_cm_sha1_32;
    return srtp_profile_aes128_cm_sha1_80;
}

static srtp_t begin(const char *suite, unsigned char *key, srtp_ssrc_type_t whose)
{
    srtp_policy_t policy;
    srtp_t session;
    memset(&policy, 0, sizeof policy);
    if (!strcmp(suite, "AES_256_CM_HMAC_SHA1_80") || !strcmp(suite, "AES_256_CM_HMAC_SHA1_32")) {
        if (strstr(suite, "_32")) srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&policy.rtp);
        else srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtp);
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtcp);
    } else {
        srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile(suite));
        srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile(suite));
    }
    policy.ssrc.type = whose;
    policy.key = key;
    policy.window_size = 128;
    if (srtp_create(&session, &policy) != srtp_err_status_ok) exit(2);
    return session;
}

int main(int count, char **words)
{
    static char line[2 * ROOM + 8];
    static unsigned char keys[2][ROOM], packet[ROOM + SRTP_MAX_TRAILER_LEN + 8];
    if (count < 4 || srtp_init() != srtp_err_status_ok) return 1;
    octets(words[2], keys[0]);
    octets(words[3], keys[1]);
    srtp_t sending = begin(words[1], keys[0], ssrc_any_outbound);
    srtp_t receiving = begin(words[1], keys[1], ssrc_any_inbound);
    while (fgets(line, sizeof line, stdin)) {
        int length = octets(line + 2, packet);
        srtp_err_status_t status =
            line[0] == 'p'   ? srtp_protect(sending, packet, &length)
            : line[0] == 'u' ? srtp_unprotect(receiving, packet, &length)
            : line[0] == 'P' ? srtp_protect_rtcp(sending, packet, &length)
                             : srtp_unprotect_rtcp(receiving, packet, &length);
        if (status != srtp_err_status_ok) printf("-%d", status);
        else for (int i = 0; i < length; i++) printf("%02x", packet[i]);
        putchar('\n');
        fflush(stdout);
    }
    return 0;
}
