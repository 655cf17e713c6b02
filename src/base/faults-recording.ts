/** Faults of sealed recordings: their certificates, their keys and their files; rows of the table in `faults.ts`. */

import type { FaultRow } from './fault-row.ts'

export const recordingFaults = {
  'recording.no-certificate': {
    sip: 500,
    http: 422,
    blame: 'client',
    level: 'error',
    title: 'There is no certificate here that can be read',
    advice:
      'Give an X.509 certificate in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----; "openssl x509 -in FILE" writes one from most others.',
  },
  'recording.private-key': {
    sip: 500,
    http: 422,
    blame: 'client',
    level: 'error',
    title: 'This is a private key, where a certificate belongs',
    advice:
      'Give the certificate alone, and take the private key off this machine: who has it can open every recording, and sealing needs it never.',
  },
  'recording.certificate-not-rsa': {
    sip: 500,
    http: 422,
    blame: 'client',
    level: 'error',
    title: 'The certificate is not for an RSA key',
    advice: 'Recordings need RSA for now: make a certificate with an RSA key of 3072 bits.',
  },
  'recording.certificate-weak': {
    sip: 500,
    http: 422,
    blame: 'client',
    level: 'error',
    title: 'The RSA key of the certificate is too weak',
    advice: 'Make a certificate with an RSA key of 3072 bits; 2048 bits is the least that is taken.',
  },
  'recording.certificate-expired': {
    sip: 500,
    http: 422,
    blame: 'client',
    level: 'error',
    title: 'The certificate has expired',
    advice: 'Renew it, and keep the old private key: recordings that were sealed to it open with nothing else.',
  },
  'recording.certificate-not-yet-valid': {
    sip: 500,
    http: 422,
    blame: 'client',
    level: 'error',
    title: 'The certificate is not valid yet',
    advice: 'Look at the clock of this machine, or use another certificate until its first day.',
  },
  'recording.certificate-usage': {
    sip: 500,
    http: 422,
    blame: 'client',
    level: 'error',
    title: 'The certificate does not allow that keys are sealed to it',
    advice:
      'Its key usage must name keyEncipherment, or be absent. In a file with several certificates the one to seal to stands first, before its authorities.',
  },
  'recording.certificate-unusable': {
    sip: 500,
    http: 422,
    blame: 'client',
    level: 'error',
    title: 'Nothing can be sealed to the key of the certificate',
    advice:
      'Its modulus or exponent is out of the ordinary: make a certificate with an RSA key of 3072 bits as "openssl" makes it.',
  },
  'recording.no-private-key': {
    sip: 400,
    http: 422,
    blame: 'client',
    level: 'error',
    title: 'There is no private key here that can be read',
    advice: 'Give the RSA private key of the certificate in PEM, as PKCS#8 or PKCS#1, encrypted or not.',
  },
  'recording.no-passphrase': {
    sip: 400,
    http: 422,
    blame: 'client',
    level: 'error',
    title: 'The private key is encrypted, and its passphrase was not given',
    advice: 'Give the passphrase that the key was encrypted with.',
  },
  'recording.wrong-passphrase': {
    sip: 400,
    http: 422,
    blame: 'client',
    level: 'error',
    title: 'The passphrase does not open the private key',
    advice:
      'Give the right one. Where it is right, the file is damaged or too old a cipher was used; "openssl pkcs8 -topk8 -v2 aes-256-cbc" writes the key anew.',
  },
  'recording.key-not-rsa': {
    sip: 400,
    http: 422,
    blame: 'client',
    level: 'error',
    title: 'The private key is not an RSA key',
    advice: 'Recordings are sealed to RSA certificates: give the private key of one of theirs.',
  },
  'recording.key-mismatch': {
    sip: 400,
    http: 422,
    blame: 'client',
    level: 'error',
    title: 'The private key is not that of the certificate',
    advice: 'Give the two that belong together, or the private key alone.',
  },
  'recording.not-for-key': {
    sip: 400,
    http: 422,
    blame: 'client',
    level: 'error',
    title: 'The recording is not sealed to this key',
    advice:
      'Open it with the private key of a certificate that was in use when it was made; the serial numbers of those certificates stand in the recording.',
  },
  'recording.changed': {
    sip: 400,
    http: 422,
    blame: 'client',
    level: 'error',
    title: 'A part of the recording is not what was sealed',
    advice:
      'It was damaged or changed, and nothing of it is given out. Take the file from a backup; its other parts open by themselves.',
  },
  'recording.not-sealed': {
    sip: 400,
    http: 422,
    blame: 'client',
    level: 'error',
    title: 'This is no part of a sealed recording',
    advice: 'Name a file that Sotto recorded (*.p7m). Where it is one, it was damaged: take it from a backup.',
  },
} as const satisfies Record<string, FaultRow>
